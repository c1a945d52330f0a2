"""Which GPUs are found on a machine, and what is said of those that cannot be used."""

import time
from pathlib import Path

import pytest
from gpu_stand_ins import A100, T4, amd, listing, make_device, nvidia, script_smi, uuid

from overnight.errors import UserError
from overnight.machines.gpus import nvidia as room
from overnight.machines.gpus.facts import gpu_facts
from overnight.machines.gpus.found import find_gpus, has_gpu
from overnight.machines.gpus.gpu import Roots, devices_of

GIB = 1024**3


def test_gpus_of_nvidia_have_their_nodes_and_the_drivers(tmp_path: Path) -> None:
    """Name, memory and UUID are the tool's; a job is shown one node and the driver's own, and chooses by UUID."""
    found = nvidia(tmp_path, (A100, T4)).found()
    assert [(gpu.index, gpu.model, gpu.memory_bytes, gpu.label) for gpu in found.gpus] == [
        (0, A100, 40 * GIB, f"{A100} (GPU 0)"),
        (1, T4, 40 * GIB, "Tesla T4 (GPU 1)"),
    ]
    assert found.reasons == ()
    devices = devices_of([found.gpus[1]])
    inside = [node for _, node in devices.nodes]
    assert inside == ["/dev/nvidia1", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"]
    assert devices.nodes[0] == (f"{tmp_path}/dev/nvidia1", "/dev/nvidia1")
    assert devices.variables == (("CUDA_VISIBLE_DEVICES", uuid(1)),)
    both = devices_of(found.gpus)
    assert len(both.nodes) == len({*both.nodes}) == 6
    assert both.variables == (("CUDA_VISIBLE_DEVICES", f"{uuid(0)},{uuid(1)}"),)


def test_the_number_of_a_node_is_the_drivers_not_the_tools(tmp_path: Path) -> None:
    """The tool counts by bus, the driver by the order in which it met the GPUs."""
    found = nvidia(tmp_path, minors=(5, 2)).found()
    assert [gpu.shown.nodes[0][1] for gpu in found.gpus] == ["/dev/nvidia5", "/dev/nvidia2"]


def test_without_the_drivers_files_a_node_is_not_guessed(tmp_path: Path) -> None:
    """In a container that has one GPU of several, index and node may differ."""
    machine = nvidia(tmp_path, (A100,))
    (tmp_path / "dev/nvidia0").rename(tmp_path / "dev/nvidia3")
    assert (machine.found().gpus, machine.found().reasons[0]) == ((), "the device node of GPU 0 is not in /dev")


def test_a_gpu_that_is_split_is_left_out(tmp_path: Path) -> None:
    """CUDA does not let a job use a GPU whole that is split into MIG devices."""
    found = nvidia(tmp_path, (A100, A100), split={0}).found()
    assert [gpu.index for gpu in found.gpus] == [1]
    assert found.reasons == ("GPU 0 is split into MIG devices, which cannot be used",)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'No devices were found'; exit 6", "nvidia-smi lists no GPU"),
        (
            "echo 'cannot talk to\nthe driver\x1b[1m'; exit 9",
            r"exit code 9 and said: cannot talk to the driver\x1b[1m",
        ),
        ("exit 3", "failed with exit code 3 and said: nothing"),
        ("echo '<html>'", "nvidia-smi lists no GPU; it says: <html>"),
        ("echo 'x, GPU-1, 0:1:0, 1, 1, No, T4'", "lists no GPU; it says: x, GPU-1"),
        ("echo '0, GPU-1, zz:01:00.0, 1, 1, No, T4'", "lists no GPU; it says: 0, GPU-1"),
        ("head -c 100000 /dev/urandom", "lists no GPU; it says: "),
    ],
)
def test_a_tool_that_does_not_list_gpus_is_quoted(tmp_path: Path, body: str, said: str) -> None:
    """Its failure and its nonsense say what was tried, in printable words of bounded length."""
    machine = nvidia(tmp_path)
    script_smi(tmp_path, body)
    found = machine.found()
    assert found.gpus == () and said in found.nothing
    assert found.nothing.isprintable() and len(found.nothing) < 1000
    assert found.reasons[-1] == "there is no GPU of AMD in /sys/class/kfd"


def test_a_warning_or_a_lost_gpu_leaves_the_others(tmp_path: Path) -> None:
    """Both are said."""
    machine = nvidia(tmp_path, (A100, T4))
    first, _ = listing((A100, T4)).splitlines()
    lost = "1, [GPU is lost], 00000000:02:00.0, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]"
    warning = "WARNING: infoROM is corrupted at gpu 0000:01:00.0"
    (tmp_path / "dev/nvidia1").unlink()
    script_smi(tmp_path, f"cat <<'END'\n{first}\n{lost}\n{warning}\nEND")
    found = machine.found()
    assert [gpu.index for gpu in found.gpus] == [0]
    assert found.reasons == (f"nvidia-smi also says: {lost}", f"nvidia-smi also says: {warning}")


def test_a_tool_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it started, which holds its pipe."""
    machine = nvidia(tmp_path)
    script_smi(tmp_path, f"sleep 600 & echo $! >{tmp_path}/child; wait")
    monkeypatch.setattr(room, "LONGEST_S", 0.5)
    assert "did not answer within 0.5 s" in machine.found().reasons[0]
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < until, "the child lives on"


def test_the_tool_sees_none_of_our_variables(tmp_path: Path) -> None:
    """It gets the PATH, and where its library is."""
    machine = nvidia(tmp_path)
    script_smi(tmp_path, f"env >{tmp_path}/env; pwd >{tmp_path}/pwd; exit 6")
    machine.found(SECRET_KEY="x", LD_LIBRARY_PATH="/usr/local/nvidia/lib64")
    names = {line.split("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "LC_ALL", "LD_LIBRARY_PATH"}
    assert (tmp_path / "pwd").read_text() == "/\n"


def test_a_tool_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative entry of PATH leads into a stranger's repository."""
    machine = nvidia(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = find_gpus({"PATH": "bin::/nowhere"}, machine.roots)
    assert found.reasons[0] == "nvidia-smi is not on PATH"


def test_a_driver_without_its_memory_node_says_how_to_load_it(tmp_path: Path) -> None:
    """After a start of the machine there is none until the first CUDA program; a job could not make it."""
    found = nvidia(tmp_path, controls=("nvidiactl",)).found()
    assert found.gpus == ()
    assert "there is no /dev/nvidia-uvm, which CUDA needs: run `nvidia-modprobe -u -c=0`" in found.reasons[0]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("1", [1]),
        ("2,0", [2, 0]),
        ("", []),
        ("-1", []),
        ("0,-1,1", [0]),
        ("NoDevFiles", []),
        (uuid(2), [2]),
        ("GPU-00000001", [1]),
    ],
)
def test_the_users_variable_narrows_what_is_used(tmp_path: Path, value: str, left: list[int]) -> None:
    """By index or UUID, as for CUDA; what is left out is said."""
    found = nvidia(tmp_path, (A100,) * 3).found(CUDA_VISIBLE_DEVICES=value)
    assert [gpu.index for gpu in found.gpus] == left
    assert found.reasons == (f"CUDA_VISIBLE_DEVICES leaves out {3 - len(left)} of 3",)


@pytest.mark.parametrize("value", ["7", "0,9", "GPU-ffffffff", "GPU-0000", "MIG-1", "two", "0;1\x1b"])
def test_a_gpu_that_is_not_there_is_an_error(tmp_path: Path, value: str) -> None:
    """CUDA would leave it out silently, and a night would run on fewer GPUs."""
    with pytest.raises(UserError, match=r"CUDA_VISIBLE_DEVICES names .*no GPU.*set it to some of 0,1,2") as raised:
        nvidia(tmp_path, (A100,) * 3).found(CUDA_VISIBLE_DEVICES=value)
    assert str(raised.value).isprintable()


def test_gpus_of_amd_are_found_without_a_tool(tmp_path: Path) -> None:
    """A job is shown the driver, one render node and, of /sys, the list of GPUs and its own; it chooses by UUID or index."""
    machine = amd(tmp_path)
    found = machine.found()
    assert [(gpu.model, gpu.uuid, gpu.memory_bytes) for gpu in found.gpus] == [
        ("AMD gfx90a", "GPU-0000000000000abc", 64 * 1000**3),
        ("AMD gfx90a", "1", 64 * 1000**3),
    ]
    assert found.reasons == () and not found.gpus[1].busy
    (tmp_path / "sys/dev/char/226:129/device/mem_info_vram_used").write_text("9000000000\n")
    assert [gpu.busy for gpu in machine.found().gpus] == [False, True]
    devices = devices_of([found.gpus[1]])
    assert [inside for _, inside in devices.nodes] == ["/dev/kfd", "/dev/dri/renderD129"]
    assert [inside for _, inside in devices.folders] == [
        "/sys/devices/virtual/kfd/kfd/topology",
        "/sys/devices/pci0000:00/0000:02:00.0",
    ]
    assert devices.variables == (("ROCR_VISIBLE_DEVICES", "1"),)


@pytest.mark.parametrize(
    ("variables", "left"),
    [
        ({"ROCR_VISIBLE_DEVICES": "1"}, [1]),
        ({"ROCR_VISIBLE_DEVICES": "GPU-0000000000000abc"}, [0]),
        ({"HIP_VISIBLE_DEVICES": "1"}, [1]),
        ({"CUDA_VISIBLE_DEVICES": "1"}, [1]),
        ({"ROCR_VISIBLE_DEVICES": "1", "HIP_VISIBLE_DEVICES": "0"}, [1]),
        ({"HIP_VISIBLE_DEVICES": "", "CUDA_VISIBLE_DEVICES": "1"}, []),
    ],
)
def test_the_variables_of_rocm_narrow_it_too(tmp_path: Path, variables: dict[str, str], left: list[int]) -> None:
    """HIP counts what ROCR left, and reads CUDA's variable if it has none of its own."""
    assert [gpu.index for gpu in amd(tmp_path).found(**variables).gpus] == left


def test_a_missing_node_of_amd_is_said(tmp_path: Path) -> None:
    """Of one GPU, or of the driver."""
    machine = amd(tmp_path)
    (tmp_path / "dev/dri/renderD128").unlink()
    assert [gpu.index for gpu in machine.found().gpus] == [1]
    assert machine.found().reasons == ("the render node of GPU 0 is not in /dev/dri",)
    (tmp_path / "dev/kfd").unlink()
    assert "there is no /dev/kfd" in machine.found().nothing


def test_a_quick_look_starts_nothing(tmp_path: Path) -> None:
    """Device nodes alone decide."""
    roots = Roots(dev=tmp_path)
    assert not has_gpu(roots)
    make_device(tmp_path / "nvidiactl")
    assert not has_gpu(roots)
    make_device(tmp_path / "nvidia12")
    assert has_gpu(roots)


def test_models_and_driver_are_facts_of_the_surroundings(tmp_path: Path) -> None:
    """Read from files at each session's start, so no tool is run; nothing on a machine without GPUs."""
    for name in ("nvidia", "amd", "none"):
        (tmp_path / name).mkdir()
    assert gpu_facts(nvidia(tmp_path / "nvidia", (A100, T4, T4), minors=(0, 1, 2)).roots) == (
        f"1 {A100}, 2 Tesla T4, driver 570.124.06"
    )
    assert gpu_facts(amd(tmp_path / "amd").roots) == "2 AMD gfx90a"
    assert gpu_facts(Roots(proc=tmp_path / "none", sys=tmp_path / "none")) == ""
