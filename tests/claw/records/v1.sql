PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE addresses(
      channel TEXT NOT NULL, id TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY(channel, id)) WITHOUT ROWID;
INSERT INTO "addresses" VALUES('telegram','7','owner','owner',1);
CREATE TABLE calls(
      turn INTEGER NOT NULL, call INTEGER NOT NULL, seq INTEGER NOT NULL, end TEXT NOT NULL, approval INTEGER NOT NULL,
      PRIMARY KEY(turn, call)) WITHOUT ROWID;
INSERT INTO "calls" VALUES(2,1,7,'done',0);
INSERT INTO "calls" VALUES(11,1,16,'done',0);
CREATE TABLE causes(
      seq INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, answered INTEGER);
INSERT INTO "causes" VALUES(2,'message terminal m1',1796000000.0,'received',9);
INSERT INTO "causes" VALUES(11,'message terminal m2',1796000000.0,'received',18);
INSERT INTO "causes" VALUES(20,'message telegram m3',1796000000.0,'received',NULL);
CREATE TABLE events(
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, turn INTEGER,
  body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL);
INSERT INTO "events" VALUES(1,1796000000.0,'paired',NULL,'{"kind":"paired","address":{"channel":"telegram","id":"7"},"person":"owner","role":"owner"}','0000000000000000000000000000000000000000000000000000000000000000','cb4cfdd2de849175704b7c3a0e56447b94458881c123d38e08b803c548961870');
INSERT INTO "events" VALUES(2,1796000000.0,'received',NULL,'{"kind":"received","channel":"terminal","id":"m1","sender":"owner","person":"owner","role":"owner","origin":"owner","text":{"id":"99487d1a1526c388167c33c1","digest":"8317ffc3f0c13edf8d2147d00a00b63467a4991400134e287a63ea04fff1a4da","size":27},"written":1796000000.0}','cb4cfdd2de849175704b7c3a0e56447b94458881c123d38e08b803c548961870','ff0e454cd65305940bb4cdda5d3da942f78fdf23264a4299f9c988fffb5efa81');
INSERT INTO "events" VALUES(3,1796000000.0,'turn_begun',2,'{"kind":"turn_begun","turn":2,"recalled":[]}','ff0e454cd65305940bb4cdda5d3da942f78fdf23264a4299f9c988fffb5efa81','1785fa179b1395d2ccd359904e4c450bfddbf906653e0815997b02331fac1c58');
INSERT INTO "events" VALUES(4,1796000000.0,'thought',2,'{"kind":"thought","turn":2,"step":0,"mind":"grammar","text":{"id":"497c867f987bd2af1fe4c9cd","digest":"8616d0cc907f971371f01fcd595fc46cd470a9a2a70589d0343fa43261a92b38","size":118},"origin":"owner","tokens":0,"cost_usd":0.0}','1785fa179b1395d2ccd359904e4c450bfddbf906653e0815997b02331fac1c58','8011c586427a742b070b821d95ef1c766ed370067c47bf71e3ba6b0b408a2a2d');
INSERT INTO "events" VALUES(5,1796000000.0,'call_begun',2,'{"kind":"call_begun","turn":2,"call":1,"operation":"claw note","given":{"id":"7d2fb526fc6113d39e922793","digest":"fb7d28a631efaa129527b8c03439d7b051e418c9dc0f53af23cf306084887a54","size":68},"origin":"owner"}','8011c586427a742b070b821d95ef1c766ed370067c47bf71e3ba6b0b408a2a2d','2578af4ef0e3309da8c54dd189c3660b4fbd4d274f413d03862efd892a2c5d8f');
INSERT INTO "events" VALUES(6,1.79619442842342829703e+09,'fact_set',NULL,'{"kind":"fact_set","text":{"id":"d03ab54cc2262b54f81576eb","digest":"669a395de774dcf6417ae1216de59f5732c64f292e4ca7c480c456ce4deecbed","size":17},"origin":"owner","person":"owner","turn":0,"supersedes":[]}','2578af4ef0e3309da8c54dd189c3660b4fbd4d274f413d03862efd892a2c5d8f','5a81bab1b4118d8a2827f54ac3da111d7c40c7b61abb119467011148d7de0c02');
INSERT INTO "events" VALUES(7,1796000000.0,'call_ended',2,'{"kind":"call_ended","turn":2,"call":1,"end":"done","text":{"id":"650c341d30ef7a928f5d9a81","digest":"eae1895c2cae9475fe0853eea669747ad29759fe1cf1e6857d355abc737e8f27","size":30},"origin":"claw","approval":0}','5a81bab1b4118d8a2827f54ac3da111d7c40c7b61abb119467011148d7de0c02','70b101fd9a2dcda1168e03eb4742a388d3f32b4c9e2a26d969f3dcbd72ce491c');
INSERT INTO "events" VALUES(8,1796000000.0,'thought',2,'{"kind":"thought","turn":2,"step":1,"mind":"grammar","text":{"id":"fc3f0dcfb01b67225efd1705","digest":"11cad065997ac4c77fed212fb873ac9a89ad111590355e997fa5a47900a1b60b","size":54},"origin":"claw","tokens":0,"cost_usd":0.0}','70b101fd9a2dcda1168e03eb4742a388d3f32b4c9e2a26d969f3dcbd72ce491c','06505846e4dfd303d0bafa28ab84c35f58abde1429713eefcdcff846caf94665');
INSERT INTO "events" VALUES(9,1796000000.0,'answered',2,'{"kind":"answered","turn":2,"sends":[{"key":"2.0","to":{"channel":"terminal","id":"owner"},"text":{"id":"d0d9d1e392eb7dbf21c1aa49","digest":"7976c19e6e52efefe8ef8aed99f6aecd34ce981a304c3c17d33571a17080a5aa","size":30},"approval":0}],"origin":"claw"}','06505846e4dfd303d0bafa28ab84c35f58abde1429713eefcdcff846caf94665','dd4001b6644a3e4acb504d1cb185cd72a4a99bcaf770b1737d3f0bfac6d3ddf3');
INSERT INTO "events" VALUES(10,1796000000.0,'send_changed',NULL,'{"kind":"send_changed","key":"2.0","state":"sent","why":""}','dd4001b6644a3e4acb504d1cb185cd72a4a99bcaf770b1737d3f0bfac6d3ddf3','5b29e69a07c2b0d33c28da29d22f0e0566d4f33dae51c8238de47a31666750ee');
INSERT INTO "events" VALUES(11,1796000000.0,'received',NULL,'{"kind":"received","channel":"terminal","id":"m2","sender":"owner","person":"owner","role":"owner","origin":"owner","text":{"id":"a7e467fc32802ac83a96c13a","digest":"31f45046a52ead44514707283295fe3fe72e934c5fa841e740bd9e38cad0117a","size":35},"written":1796000000.0}','5b29e69a07c2b0d33c28da29d22f0e0566d4f33dae51c8238de47a31666750ee','bbd5828cec7276b22c336aaf1571e39f3585628481c8274ee85ebac503c7d04f');
INSERT INTO "events" VALUES(12,1796000000.0,'turn_begun',11,'{"kind":"turn_begun","turn":11,"recalled":[]}','bbd5828cec7276b22c336aaf1571e39f3585628481c8274ee85ebac503c7d04f','b6b3806eac977b976fad279dba40efb6fa29a269147a37f1ac819e1548504c14');
INSERT INTO "events" VALUES(13,1796000000.0,'thought',11,'{"kind":"thought","turn":11,"step":0,"mind":"grammar","text":{"id":"a817b0b91bcce7d9cc6a9beb","digest":"57f706c7032758e89eec0b50ce1c4d3aff099bc16d61ca4e88e25e526811b7c5","size":136},"origin":"owner","tokens":0,"cost_usd":0.0}','b6b3806eac977b976fad279dba40efb6fa29a269147a37f1ac819e1548504c14','c46aac43046bcc1ecab3e2f49de6468a1d9eeaf44643eae2cbee384b98bd9efe');
INSERT INTO "events" VALUES(14,1796000000.0,'call_begun',11,'{"kind":"call_begun","turn":11,"call":1,"operation":"claw remind","given":{"id":"05912f1ba17d34374aa77057","digest":"f96aa3ee818b488df808e9acb6e2bb692a543a5e94fb4efbb7dcb026f277462e","size":84},"origin":"owner"}','c46aac43046bcc1ecab3e2f49de6468a1d9eeaf44643eae2cbee384b98bd9efe','0990d0a2fcbdff4d12a3fc4147de53cf34e000752cdba567f0f70673058673e6');
INSERT INTO "events" VALUES(15,1.79619442868069624898e+09,'schedule_set',NULL,'{"kind":"schedule_set","when":"every day at 8","zone":"UTC","written":1796194428,"what":"remind","text":{"id":"88360cf0f20e6e0108da2523","digest":"df587dc82c12ac15f9be99f8b22ad617ee1f225825fbaa93e2b13b64f43551b1","size":7},"to":{"channel":"terminal","id":"owner"},"person":"owner","role":"owner","origin":"owner"}','0990d0a2fcbdff4d12a3fc4147de53cf34e000752cdba567f0f70673058673e6','8f2bbc87a97b3c804320658949fb2441dbb37cde33004a2718997142c0bb7ec9');
INSERT INTO "events" VALUES(16,1796000000.0,'call_ended',11,'{"kind":"call_ended","turn":11,"call":1,"end":"done","text":{"id":"c93a0c42d560e476ded8bddf","digest":"16fb100db9b885e3ff228a2f2c9933a01c5e05a9910d7a0e585858d98dd95648","size":47},"origin":"claw","approval":0}','8f2bbc87a97b3c804320658949fb2441dbb37cde33004a2718997142c0bb7ec9','83fb2420161355e758d0f52a355e5a7c03a05b6f1a14137eeae11468b3766e77');
INSERT INTO "events" VALUES(17,1796000000.0,'thought',11,'{"kind":"thought","turn":11,"step":1,"mind":"grammar","text":{"id":"a07952e0384301f45af48f20","digest":"9ab8a0a141584fa324174271a3bc033e3de4b72286516e4df0375d3067dba258","size":76},"origin":"claw","tokens":0,"cost_usd":0.0}','83fb2420161355e758d0f52a355e5a7c03a05b6f1a14137eeae11468b3766e77','4d8887d75382d529ee2f2853bd8fbaa71bd752b3bca3875f14469e786a1719ff');
INSERT INTO "events" VALUES(18,1796000000.0,'answered',11,'{"kind":"answered","turn":11,"sends":[{"key":"11.0","to":{"channel":"terminal","id":"owner"},"text":{"id":"dbc47493b3fe94de57482433","digest":"13170a47bfaa7f9e98075f11bfa60aaee541c7d35bf0bbe1c6a6ef858ccc51eb","size":47},"approval":0}],"origin":"claw"}','4d8887d75382d529ee2f2853bd8fbaa71bd752b3bca3875f14469e786a1719ff','def78376a019fe8c1705421074045eee1e1f45379f51d2baf73590fe1ac6e9f2');
INSERT INTO "events" VALUES(19,1796000000.0,'send_changed',NULL,'{"kind":"send_changed","key":"11.0","state":"sent","why":""}','def78376a019fe8c1705421074045eee1e1f45379f51d2baf73590fe1ac6e9f2','4b08e850326a9a3b8d93cf59927b67ed6ed0949fb9402252eabc7a0fa75a10cf');
INSERT INTO "events" VALUES(20,1796000000.0,'received',NULL,'{"kind":"received","channel":"telegram","id":"m3","sender":"7","person":"owner","role":"owner","origin":"owner","text":{"id":"bc1af492c3535fbe57ea147e","digest":"83e42ab517ecc22c3b15645188254b92b31c03d6447687eba74a36b00766981b","size":9},"written":1796000000.0}','4b08e850326a9a3b8d93cf59927b67ed6ed0949fb9402252eabc7a0fa75a10cf','e042a20da94e2cb4811c5bef747069672552503639bf5c9e9ce55e2d06a12c5d');
CREATE TABLE facts(seq INTEGER PRIMARY KEY, superseded INTEGER NOT NULL DEFAULT 0);
INSERT INTO "facts" VALUES(6,0);
CREATE TABLE schedules(seq INTEGER PRIMARY KEY, handled REAL NOT NULL, dropped INTEGER NOT NULL DEFAULT 0);
INSERT INTO "schedules" VALUES(15,1796194428.0,0);
CREATE TABLE sends(key TEXT PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL, state TEXT NOT NULL);
INSERT INTO "sends" VALUES('2.0',9,1796000000.0,'sent');
INSERT INTO "sends" VALUES('11.0',18,1796000000.0,'sent');
CREATE TABLE snapshots(seq INTEGER PRIMARY KEY, state BLOB NOT NULL);
CREATE TABLE standing(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE texts(id TEXT PRIMARY KEY, salt BLOB NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "texts" VALUES('05912f1ba17d34374aa77057',X'F56144C8CBA434C718607DA8CC947B14EDDF8DC2968DB7DFEA6F74B90657CDD0','{"given": {"when": "every day at 8", "what": "stretch"}, "repo": "", "direct": true}');
INSERT INTO "texts" VALUES('497c867f987bd2af1fe4c9cd',X'20B76DCC4A4344BB87E120E5B7093EB15051BA3FDAEAA63FC5B9A879CA339875','{"calls": [{"operation": "claw note", "given": {"text": "tea is in the jar"}, "repo": "", "direct": true}], "say": ""}');
INSERT INTO "texts" VALUES('650c341d30ef7a928f5d9a81',X'802F2AD71EDCC71F933B7BD8946520DC0A25C3D03E244B39AFA368C74EA38C23','noted as #6: tea is in the jar');
INSERT INTO "texts" VALUES('7d2fb526fc6113d39e922793',X'79595669C0A4CD5F6EF8BDF01AAC07ABF17BFAB78B465DBBB393BEA495D3EA58','{"given": {"text": "tea is in the jar"}, "repo": "", "direct": true}');
INSERT INTO "texts" VALUES('88360cf0f20e6e0108da2523',X'A70ECB70B2E3F0C85B3773F2DB1FAAE433EBC3B983F82C70DAEB72A04FDB0C76','stretch');
INSERT INTO "texts" VALUES('99487d1a1526c388167c33c1',X'B1080EC45947372132D53C7557749651087C3ED55A645B8A729DAEEC8ECBDC45','note that tea is in the jar');
INSERT INTO "texts" VALUES('a07952e0384301f45af48f20',X'A686320827CE907E6F37F0578AE7D8B8051C327BC917E30315D51F7C4B963852','{"calls": [], "say": "#15 is set: stretch \u2014 next Wed 2026-12-02 08:00"}');
INSERT INTO "texts" VALUES('a7e467fc32802ac83a96c13a',X'B4CA88C4C53C63ED6EB0F75F9CE872BBC2A1EC63880A42BEAFA610D8293CEDBE','remind me every day at 8 to stretch');
INSERT INTO "texts" VALUES('a817b0b91bcce7d9cc6a9beb',X'F01D6FD0ADDB60E3E9EAE2A2610D7906503ECD352E41142C645784023FA781E8','{"calls": [{"operation": "claw remind", "given": {"when": "every day at 8", "what": "stretch"}, "repo": "", "direct": true}], "say": ""}');
INSERT INTO "texts" VALUES('bc1af492c3535fbe57ea147e',X'1CB35CCC7FB40F7A5828DBC2DDE71582CDF1557A35ADDF4538114280E051BA4F','campaigns');
INSERT INTO "texts" VALUES('c93a0c42d560e476ded8bddf',X'CEE0544787FC6399F57794A5A5EFFBCC85C591F4EBCF79476C333A8DDCE4FD31','#15 is set: stretch — next Wed 2026-12-02 08:00');
INSERT INTO "texts" VALUES('d03ab54cc2262b54f81576eb',X'D2AF4EF9A1BE37145B7FB93FB10F1EA3C47687E2A29714B02D833E7901ED7E8D','tea is in the jar');
INSERT INTO "texts" VALUES('d0d9d1e392eb7dbf21c1aa49',X'32E428C9942A4935ABA8A6F5738C71A0BACAEB24D8A9FBE5494C80CF1444B4DE','noted as #6: tea is in the jar');
INSERT INTO "texts" VALUES('dbc47493b3fe94de57482433',X'7409DA6BA82FC4087A02E0EA665530100697B0CD7390DBD0E43C1372CC66EF94','#15 is set: stretch — next Wed 2026-12-02 08:00');
INSERT INTO "texts" VALUES('fc3f0dcfb01b67225efd1705',X'CFEF7C530505AB40ECBF9DD13CEA4D7813CE2B080DDCBB1EA4FEC5A632A962D9','{"calls": [], "say": "noted as #6: tea is in the jar"}');
CREATE INDEX events_of_turn ON events(turn) WHERE turn IS NOT NULL;
CREATE INDEX open_causes ON causes(seq) WHERE answered IS NULL;
CREATE INDEX asked_calls ON calls(seq) WHERE end = 'asked';
CREATE INDEX sends_that_wait ON sends(seq) WHERE state IN ('open', 'sending', 'waits');
CREATE INDEX live_schedules ON schedules(seq) WHERE dropped = 0;
COMMIT;
