# 两条命令：make demo 看演示，make test 跑全部检查。其余见 make help。
# Two commands: `make demo` shows the platform at work, `make test` runs every check. `make help` lists the rest.

SHELL := /bin/bash
.NOTPARALLEL:
.DEFAULT_GOAL := help

BIN := .venv/bin
PYTEST_ARGS ?=

PACKAGES := $(BIN)/.packages-made
PROGRAMS := $(BIN)/.programs-made
BROWSER := $(BIN)/.browser-made
FONTS := var/fonts/.made
ISLANDS := web/static/dist/viewer.js

.PHONY: help setup demo demo-resume serve test prove bench coverage constraints clean

help:
	@echo '执法 zhifa —— 可用命令：'
	@echo '  make setup        准备运行环境（其余命令会自动调用）'
	@echo '  make demo         从头演示：办完一宗样例案件，并生成文书、盖章、归档'
	@echo '  make demo-resume  接着上次的演示继续'
	@echo '  make serve        启动网页服务'
	@echo '  make test         代码检查、类型检查、分层检查和全部测试'
	@echo '  make prove        完整规模的可靠性与性能证明（时间较长）'
	@echo '  make bench        性能对比'
	@echo '  make coverage     重新生成 docs/coverage.md 和 docs/law-coverage.md'
	@echo '  make constraints  按当前环境重新生成 constraints.txt'
	@echo '  make clean        删除生成的文件（不删除 var/ 中的数据）'

setup: $(PACKAGES) $(PROGRAMS) $(FONTS) $(ISLANDS)

demo: setup
	@$(BIN)/zhifa demo

demo-resume: setup
	@$(BIN)/zhifa demo --resume

serve: setup
	@$(BIN)/zhifa serve

# Every check runs even when an earlier one failed; pytest comes last, so that its closing line stands near the end.
test: setup $(BROWSER)
	@failed=; \
	for check in 'ruff check .' 'mypy' 'lint-imports' 'pytest $(PYTEST_ARGS)'; do \
	  echo "—— $$check"; \
	  $(BIN)/$$check </dev/null || failed="$$failed $${check%% *}"; \
	done; \
	if [ -n "$$failed" ]; then echo "未通过 / failed:$$failed"; exit 1; fi; \
	echo '全部检查通过 / every check passed'

prove: setup $(BROWSER)
	@rm -f var/proofs.jsonl; failed=; \
	ZHIFA_PROVE=full $(BIN)/pytest $(PYTEST_ARGS) </dev/null || failed=1; \
	$(BIN)/python -m tests.faults.table --write || failed=1; \
	[ -z "$$failed" ]

bench: setup
	@$(BIN)/python -m bench

coverage: setup
	@$(BIN)/python -m tests.house.coverage
	@$(BIN)/python -m tests.house.law_coverage

constraints: setup
	@$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$' > constraints.txt

clean:
	rm -rf web/static/dist web/frontend/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

$(PACKAGES): pyproject.toml constraints.txt setup/python.sh setup/apt.sh
	@bash setup/python.sh
	@touch $@

$(PROGRAMS): setup/programs.sh | $(PACKAGES)
	@bash setup/programs.sh
	@touch $@

$(BROWSER): setup/browser.sh | $(PACKAGES)
	@bash setup/browser.sh
	@touch $@

$(FONTS): setup/fonts.sh documents/fonts.py | $(PROGRAMS)
	@bash setup/fonts.sh
	@touch $@

$(ISLANDS): web/frontend/package-lock.json web/frontend/build.mjs setup/frontend.sh $(shell find web/frontend/src -type f) | $(PACKAGES)
	@bash setup/frontend.sh
