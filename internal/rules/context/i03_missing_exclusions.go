package context

import (
	_ "embed"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed i01_no_ignore_file.md
var noIgnoreFileDoc string

// NoIgnoreFile finds build contexts without an ignore file that every builder reads: I01.
var NoIgnoreFile = rule.Rule{
	Meta: rule.Meta{ID: "I01", Name: "no-ignore-file", Theme: rule.Context, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a build context has no .dockerignore at its root, or an empty one", Aliases: []string{"docker init"}, Doc: noIgnoreFileDoc},
	Check: checkNoIgnoreFile,
}

//go:embed i03_missing_exclusions.md
var missingExclusionsDoc string

// MissingExclusions finds ignore files that let secrets, git's folder or caches through: I03.
var MissingExclusions = rule.Rule{
	Meta: rule.Meta{ID: "I03", Name: "missing-exclusions", Theme: rule.Context, Severity: rule.Warning, Since: "0.1.0",
		Summary: "the ignore file lets secrets, git's folder or caches into the build", Doc: missingExclusionsDoc},
	Check: checkMissingExclusions,
}

func checkNoIgnoreFile(pass *rule.Pass) {
	rule.Each(pass, contexts(pass.Project), func(pass *rule.Pass, c *buildContext) {
		p, root := pass.Project, c.rootFile()
		file := parsed(p, root)
		if !c.takes() || file == nil && p.Files.Has(root) || file != nil && len(file.Patterns) > 0 || unread(p, c) != "" {
			return
		}
		if c.trifling(p) {
			return
		}
		f := rule.Finding{At: place(root), Subject: "context:" + c.dir,
			Message: "the build context has no .dockerignore; everything in the folder is sent with every build, git's folder and env files included, and any change there builds again; say what stays out"}
		if sent := c.secretsSent(p, file); len(sent) > 0 && c.copiesAll() && len(c.ignoreFiles(p)) == 0 {
			f.Severity = rule.Error
			f.Message = "the build context has no .dockerignore, and `COPY .` puts " + rule.Listed(sent) + " into the image; whoever pulls it reads the secrets; exclude them"
		}
		f.Fixes = excludeFix(p, c, root, file)
		pass.Report(f)
	})
}

// few is how many files a context may have to be seen through at a glance.
const few = 10

// trifling says whether an ignore file would be noise: a folder of a few files below the root, of which the
// Dockerfiles take in what they name, and among which is nothing to keep out, nor will there be by itself.
func (c *buildContext) trifling(p *project.Project) bool {
	if c.dir == "." || c.copiesAll() || len(c.keys(p)) > 0 || len(c.secretsSent(p, nil)) > 0 || len(p.Files.Under(c.dir)) > few {
		return false
	}
	within := func(at string) bool { return at == c.dir || strings.HasPrefix(at, c.dir+"/") }
	return !slices.ContainsFunc(p.Hidden(), func(h project.Hidden) bool { return within(h.Path) }) &&
		!slices.ContainsFunc(p.Units, func(u *stack.Unit) bool { return within(u.Dir) }) &&
		!slices.ContainsFunc(p.EnvFiles, func(e *project.EnvFile) bool { return within(e.Path) })
}

func checkMissingExclusions(pass *rule.Pass) {
	rule.Each(pass, contexts(pass.Project), func(pass *rule.Pass, c *buildContext) {
		p := pass.Project
		if !c.takes() {
			return
		}
		for _, at := range c.ignoreFiles(p) {
			file := parsed(p, at)
			if file == nil || len(file.Patterns) == 0 || len(file.Problems) > 0 || widens(p, c, file) {
				continue // another rule's, or it comes first
			}
			if key := c.neededKey(p, file); key != "" {
				pass.Report(neededKeyFinding(p, c, at, key))
			}
			if lacking := c.lacking(p, file); len(lacking) > 0 {
				pass.Report(exclusionFinding(p, c, at, file, lacking))
			}
			if sent := c.left(p, file); len(sent) > 0 {
				pass.Report(copiedSecretFinding(c, at, sent))
			}
		}
	})
}

func exclusionFinding(p *project.Project, c *buildContext, at string, file *dockerignore.File, lacking []exclusion) rule.Finding {
	patterns, whats := patternsOf(lacking)
	f := rule.Finding{At: place(at), Subject: "context:" + c.dir, Fixes: excludeFix(p, c, at, file),
		Message: "builds receive " + rule.Listed(whats) + "; that is slow, builds again without need and can end up in the image; exclude them"}
	out := dockerignore.Parse(at, []byte(strings.Join(patterns, "\n"))).Matcher()
	sent := slices.DeleteFunc(c.secretsSent(p, file), func(s string) bool { return !out.Ignored(s) })
	if len(sent) > 0 && c.copiesAll() {
		f.Severity = rule.Error
		f.Message = "builds receive " + rule.Listed(sent) + ", and `COPY .` puts them into the image; whoever pulls it reads the secrets; exclude them"
	}
	return f
}

// neededKeyFinding is about a key that can't be excluded, because the image is its only way to the service.
func neededKeyFinding(p *project.Project, c *buildContext, at, key string) rule.Finding {
	f := rule.Finding{At: place(at), Subject: "key:" + key,
		Message: "a service starts with " + key + " out of the image; whoever pulls the image has the key; give it to the container instead",
		Fixes:   rule.Manual("Keep keys out of the context "+c.dir, "nothing mounts "+key+" into the service, so without it in the image it would not start; mount it or give it by `secrets:` in every environment, then exclude it")}
	if p.Files.Has(path.Join(c.dir, key)) {
		f.Severity = rule.Error
	}
	return f
}

// left are the files with secrets that are sent whatever is excluded: a Dockerfile copies them by name, or a "!" line
// takes them back in. A key that a service starts with has a finding of its own.
func (c *buildContext) left(p *project.Project, file *dockerignore.File) []string {
	patterns, _ := patternsOf(c.lacking(p, file))
	out := dockerignore.Parse("", []byte(strings.Join(patterns, "\n"))).Matcher()
	keys := c.neededKey(p, file) != ""
	keep := c.kept(p, file)
	return slices.DeleteFunc(c.secretsSent(p, file), func(s string) bool {
		return out.Ignored(s) && !slices.Contains(keep, s) || keys && (path.Ext(s) == ".pem" || path.Ext(s) == ".key")
	})
}

func copiedSecretFinding(c *buildContext, at string, sent []string) rule.Finding {
	return rule.Finding{At: place(at), Subject: "sent:" + c.dir,
		Message: "builds receive " + rule.Listed(sent) + ", because a Dockerfile copies it by name or a line takes it back in; its secrets can be in the image; give them to the container when it starts, or to the build by `RUN --mount=type=secret`",
		Fixes:   rule.Manual("Keep "+rule.Listed(sent)+" out of the image", "excluding it would break the build; take that COPY or the `!` line out and use env_file, a mount or a build secret")}
}

const blockHeader = "What no build needs: secrets (they would be in the image), git's folder, what is made again"

// excludeFix adds what an ignore file lacks to it, or makes the file.
func excludeFix(p *project.Project, c *buildContext, at string, file *dockerignore.File) []rule.Fix {
	lacking := c.lacking(p, file)
	patterns, whats := patternsOf(lacking)
	title := "Keep " + rule.Listed(whats) + " out of the context " + c.dir
	if e, ok := p.Files.Entry(at); ok && !e.IsRegular() {
		return rule.Manual(title, at+" is a symbolic link; other folders may share it")
	}
	base := file
	if base == nil {
		base = dockerignore.Parse(at, nil)
	}
	keep := c.kept(p, file)
	if len(lacking) == 0 {
		return nil
	}
	edits, err := additions(base, patterns, keep)
	if err != nil {
		return rule.Manual(title, "the patterns can't be added: "+err.Error())
	}
	text, err := edit.Patch(base.Text, edits)
	if err != nil {
		return rule.Manual(title, err.Error())
	}
	after := dockerignore.Parse(at, text)
	if s, breaks := c.broken(p, base, after); breaks {
		return rule.Manual(title, "a Dockerfile copies "+s.path+", which would be left out")
	}
	fix := rule.Fix{Title: title, Safety: change.Behaviour, Declares: append(c.declares(lacking), declared(c.dir, at, "the ignore file is new"))}
	if p.Files.Has(at) {
		fix.Ops = []edit.Op{edit.Text(at, edits...)}
	} else {
		fix.Ops = []edit.Op{edit.Create(at, string(text), 0o644)}
	}
	return []rule.Fix{fix}
}

// additions adds patterns to an ignore file: a line that says the same of the root alone is widened, the rest goes
// into a block at the end.
func additions(base *dockerignore.File, patterns, keep []string) ([]edit.Edit, error) {
	var widened []edit.Edit
	var rest []string
	for _, pattern := range patterns {
		at := slices.IndexFunc(base.Patterns, func(p dockerignore.Pattern) bool { return !p.Negated && p.Anywhere() == pattern && p.Clean != pattern })
		if at < 0 {
			rest = append(rest, pattern)
			continue
		}
		widened = append(widened, base.Replace(base.Patterns[at], pattern))
	}
	edits := slices.Clone(widened)
	if len(rest) > 0 {
		insert, err := base.AddPatterns(dockerignore.Block{Header: blockHeader, Patterns: rest, Keep: keep})
		if err != nil {
			return nil, err
		}
		edits = append(edits, insert)
	}
	text, err := edit.Patch(base.Text, edits)
	if err != nil {
		return nil, err
	}
	before, after := base.Matcher(), dockerignore.Parse(base.Path, text).Matcher()
	fits := !slices.ContainsFunc(keep, func(f string) bool { return !before.Ignored(f) && after.Ignored(f) }) &&
		!slices.ContainsFunc(patterns, func(p string) bool { return !after.Ignored(strings.NewReplacer("**/", "a/", "*", "x").Replace(p)) })
	if fits || len(widened) == 0 {
		return edits, nil
	}
	insert, err := base.AddPatterns(dockerignore.Block{Header: blockHeader, Patterns: patterns, Keep: keep})
	return []edit.Edit{insert}, err
}
