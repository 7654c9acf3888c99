package make

import (
	_ "embed"
	"fmt"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
)

//go:embed l12_recipe_spaces.md
var recipeSpacesDoc string

// RecipeSpaces finds recipe lines that are indented with spaces: L12.
var RecipeSpaces = rule.Rule{
	Meta: rule.Meta{ID: "L12", Name: "recipe-spaces", Theme: rule.Make, Severity: rule.Error, Since: "0.1.0",
		Summary: "recipe lines are indented with spaces instead of a tab", Aliases: []string{"GNU make: missing separator", "checkmake"}, Doc: recipeSpacesDoc},
	Check: checkRecipeSpaces,
}

func checkRecipeSpaces(pass *rule.Pass) {
	m := pass.Project.Makefile
	if m == nil {
		return
	}
	for _, v := range m.File.Variables {
		if v.Name == ".RECIPEPREFIX" {
			return // another prefix: what a tab would do isn't known
		}
	}
	var edits []edit.Edit
	var f rule.Finding
	for _, problem := range m.File.Problems {
		if !problem.Spaces {
			continue
		}
		if len(edits) == 0 {
			f.At = rule.Location{Path: m.Path, Span: problem.Span}
		}
		edits = append(edits, edit.Replace(problem.Span, "\t", ""))
	}
	if len(edits) == 0 {
		return
	}
	f.Subject = "recipes"
	f.Message = fmt.Sprintf("%d recipe line(s) start with spaces; make stops with \"missing separator\" and runs no target at all; indent them with a tab", len(edits))
	f.Fixes = []rule.Fix{{Title: "Indent recipes with a tab", Safety: change.Safe, Ops: []edit.Op{edit.Text(m.Path, edits...)}}}
	pass.Report(f)
}
