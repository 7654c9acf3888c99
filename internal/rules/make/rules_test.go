package make_test

import (
	"testing"

	"refit/internal/rules/make"
	"refit/internal/rules/ruletest"
)

func TestExamples(t *testing.T) { ruletest.Run(t, make.Rules()) }
