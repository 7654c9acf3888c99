package packages

import (
	"testing"

	"refit/internal/rules/ruletest"
)

func TestExamples(t *testing.T) { ruletest.Run(t, Rules()) }
