# make demo   build refit and run its main job on the embedded sample
# make test   run every test
GO      ?= go
VERSION ?= 0.1.0-dev
BINDIR   = $(or $(GOBIN),$(shell $(GO) env GOBIN),$(shell $(GO) env GOPATH)/bin)
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
LDFLAGS := -s -w -X refit/internal/cli.Version=$(VERSION)
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# What a make hands down would reach the makes that tests run.
unexport MAKEFLAGS MFLAGS MAKELEVEL

.DEFAULT_GOAL := help
.PHONY: help build install demo test live lint fuzz bench slow corpus cross docs rule sample lab lab-down lab-clean e2e e2e-current clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: ## Build bin/refit
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/refit ./cmd/refit

install: build ## Install refit, also as the Docker CLI plugin `docker refit`
	mkdir -p $(BINDIR) $(HOME)/.docker/cli-plugins
	install -m 0755 bin/refit $(BINDIR)/refit
	install -m 0755 bin/refit $(HOME)/.docker/cli-plugins/docker-refit

demo: build ## The whole story on the sample: audit, plan, equivalence, apply, audit again
	./bin/refit demo

test: ## Run every test
	$(GO) vet ./...
	$(GO) test ./...

live: ## Run the sample and the refitted sample for real (uv, PostgreSQL, Redis)
	REFIT_LIVE=1 $(GO) test -count=1 -run RunsForReal -v ./examples

lint: ## Run golangci-lint
	$(GO) run $(GOLANGCI) run ./...

fuzz: ## Fuzz every target for FUZZTIME (default 20s) each
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(or $(FUZZTIME),20s) $$pkg || exit 1; \
	  done; done

bench: ## Time and memory on the sample, a generated monorepo and 10,000 Dockerfiles, beside reading and parsing alone
	$(GO) run -trimpath ./e2e/bench -runs $(or $(RUNS),3) $(CASES)

slow: ## Hostile input that takes long: a million files (a gigabyte of memory for them), every long line
	REFIT_SLOW=1 $(GO) test -count=1 -timeout 1h -run '^TestOneLongLine$$' ./e2e
	REFIT_MANY_FILES=1000000 $(GO) test -count=1 -timeout 1h -run '^TestManyFiles$$' -v ./e2e

corpus: build bin/docker-compose ## Refit public repositories and check the promises: make corpus TABLE=repositories.tsv SNAPSHOTS=FOLDER
	$(GO) test ./e2e/corpus
	$(GO) build -trimpath -o bin/corpus ./e2e/corpus
	./bin/corpus -out $(or $(OUT),bin/corpus.out) $(FLAGS) "$(TABLE)" "$(SNAPSHOTS)"

lab: ## A Docker Engine, its plugins and, where no image registry answers, base images made of packages
	$(GO) run -trimpath ./lab $(if $(ENGINE),-engine $(ENGINE)) up

lab-down: ## Stop the Docker Engine that make lab started; images and data stay
	$(GO) run -trimpath ./lab $(if $(ENGINE),-engine $(ENGINE)) down

lab-clean: ## Remove the images, plugins and files that make lab made, and stop its engine
	$(GO) run -trimpath ./lab $(if $(ENGINE),-engine $(ENGINE)) clean

e2e: ## Run the sample on a real Docker Engine, before and after its refit (make lab brings one)
	REFIT_ENGINE=1 $(GO) test -count=1 -timeout 30m -parallel 4 -v $(if $(RUN),-run '$(RUN)') ./e2e/engine

e2e-current: build ## The same inside of the current engine of make lab ENGINE=current
	CGO_ENABLED=0 $(GO) test -c -trimpath -o bin/e2e.test ./e2e/engine
	docker exec refit-lab-current mkdir -p /refit
	docker cp bin/refit refit-lab-current:/refit/refit
	docker cp bin/e2e.test refit-lab-current:/refit/e2e.test
	docker exec -e REFIT_ENGINE=1 -e REFIT_PROGRAM=/refit/refit refit-lab-current \
	  /refit/e2e.test -test.v -test.timeout 30m $(if $(RUN),-test.run '$(RUN)')

bin/docker-compose: lab/compose/go.mod
	cd lab/compose && $(GO) build -trimpath -o ../../$@ github.com/docker/compose/v5/cmd

cross: ## Cross-compile for Linux, macOS and Windows (PLATFORMS= for some of them)
	@for platform in $(PLATFORMS); do \
	  echo "$$platform"; GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 $(GO) build -trimpath -o /dev/null ./cmd/refit || exit 1; done

docs: ## Write docs/rules and docs/checks from the documentation of rules and checks
	$(GO) run ./internal/rules/gendocs docs/rules
	$(GO) run ./internal/verify/gendocs docs/checks

rule: ## Start a rule: make rule SUBJECT=dockerfile ID=D99 NAME=too-many-cooks SUMMARY="..."
	$(GO) run ./internal/rules/scaffold "$(SUBJECT)" "$(ID)" "$(NAME)" "$(SUMMARY)"

sample: build ## Make examples/ledger-refitted from examples/ledger
	$(GO) test ./e2e -run TestRefittedSample -update

clean: ## Remove what the build made
	rm -rf bin dist
