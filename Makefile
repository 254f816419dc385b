# Each target is one line here; what takes more is a script in tools/.
.DEFAULT_GOAL := help
.PHONY: help run demo-telegram test lint check bench screenshots lock
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# What `make test` hands to pytest and `make bench` to the load generator: make test ARGS="tests/unit -k settings"
ARGS ?=

help: ## show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

run: ## install what is needed, then start the hub from config.yaml
	@tools/run.sh config.yaml

demo-telegram: ## the hub on a Telegram of its own: see both sides without a token
	@tools/demo_telegram.sh

test: ## install what the tests need, then run them all
	@tools/test.sh $(ARGS)

lint: ## check style, types, imports and config.yaml
	@tools/lint.sh

check: lint test ## what must pass before a change is shared

bench: ## measure the hub against the limits of this machine
	@tools/bench.sh $(ARGS)

screenshots: ## take the pictures in docs/images anew
	@tools/screenshots.sh

lock: ## resolve the dependencies in pyproject.toml into the lock files
	@tools/lock.sh
