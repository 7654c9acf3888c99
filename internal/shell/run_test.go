package shell

import (
	"fmt"
	"strings"
	"testing"
)

// show is a command as the tests read it: folder, words, with an unknown as ? and the root as /repo.
func show(c Command) string {
	dir := c.Dir
	if !c.DirKnown {
		dir = "?"
	}
	var words []string
	for _, a := range c.Env {
		words = append(words, a.Name+"="+a.Value.Value)
	}
	for _, w := range c.Words {
		v := w.Value
		if strings.ContainsAny(v, " ") || v == "" {
			v = fmt.Sprintf("'%s'", v)
		}
		words = append(words, v)
	}
	return strings.NewReplacer(Unknown, "?", Root, "/repo").Replace(dir + ": " + strings.Join(words, " "))
}

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		start        Start
		want         []string
	}{
		{"words", `docker compose -f "a b.yml" -f c\ d.yml up`, Start{}, []string{".: docker compose -f 'a b.yml' -f 'c d.yml' up"}},
		{"list", "a && b || c; d | e & f", Start{}, []string{".: a", ".: b", ".: c", ".: d", ".: e", ".: f"}},
		{"cd", "cd app && make\nls\n(cd sub; ls)\ncd ..; pwd", Start{}, []string{".: cd app", "app: make", "app: ls", "app: cd sub", "app/sub: ls", "app: cd ..", ".: pwd"}},
		{"cd out", "cd ../x; ls", Start{Dir: "."}, []string{".: cd ../x", "../x: ls"}},
		{"cd unknown", "cd $X; ls; cd /srv; ls", Start{}, []string{".: cd ?", "?: ls", "?: cd /srv", "/srv: ls"}},
		{"cd or exit", "cd a || exit 1\nls", Start{}, []string{".: cd a", ".: exit 1", "a: ls"}},
		{"cd or go on", "cd a || true; ls", Start{}, []string{".: cd a", ".: true", "a: ls", ".: ls"}},
		{"pushd", "pushd a; ls; pushd b; ls; popd; ls; popd; ls", Start{}, []string{".: pushd a", "a: ls", "a: pushd b", "a/b: ls", "a/b: popd", "a: ls", "a: popd", ".: ls"}},
		{"cd -", "cd a; cd -; ls", Start{}, []string{".: cd a", "a: cd -", ".: ls"}},
		{"own folder", `cd "$(dirname "$0")/.."; ls`, Start{Path: "scripts/x.sh", Dir: "zzz"}, []string{"zzz: dirname /repo/scripts/x.sh", "zzz: cd /repo/scripts/..", ".: ls"}},
		{"own folder 2", `D="$( cd "$( dirname "${BASH_SOURCE[0]}" )" >/dev/null 2>&1 && pwd )"; cat "$D/a.yml"; cd "${0%/*}"; ls`, Start{Path: "scripts/x.sh"},
			[]string{".: dirname /repo/scripts/x.sh", ".: cd /repo/scripts", "scripts: pwd", ".: cat /repo/scripts/a.yml", ".: cd /repo/scripts", "scripts: ls"}},
		{"toplevel", `cd "$(git rev-parse --show-toplevel)"; ls`, Start{Dir: "a/b"}, []string{"a/b: git rev-parse --show-toplevel", "a/b: cd /repo", ".: ls"}},
		{"variable", "F=x.yml\nG=-f\ndc $G \"$F\" ${H:-y.yml} $Z", Start{}, []string{".: dc -f x.yml y.yml ?"}},
		{"split", `DC="docker compose -f a.yml"; $DC up; "$DC"`, Start{}, []string{".: docker compose -f a.yml up", ".: 'docker compose -f a.yml'"}},
		{"array", `F=(-f a.yml); F+=(-f b.yml); dc "${F[@]}" "${F[1]}" up`, Start{}, []string{".: dc -f a.yml -f b.yml a.yml up"}},
		{"append", `F="-f a"; F+=" -f b"; F="$F -f c"; dc $F`, Start{}, []string{".: dc -f a -f b -f c"}},
		{"branches", `if [ "$1" = p ]; then F=p.yml; else F=d.yml; fi; dc -f $F`, Start{}, []string{".: [ ? = p ]", ".: dc -f p.yml", ".: dc -f d.yml"}},
		{"case", "case $1 in a) F=1;; b|c) F=2;; *) echo no; exit 1;; esac\ndc $F", Start{}, []string{".: echo no", ".: exit 1", ".: dc 1", ".: dc 2"}},
		{"case known", "E=b; case $E in a) F=1;; b|c) F=2;; esac\ndc $F", Start{}, []string{".: dc 2"}},
		{"for", "for f in a b; do dc $f; done; ls $f", Start{}, []string{".: dc a", ".: dc b", ".: ls b"}},
		{"for append", "F=; for f in a b; do F=\"$F -f $f\"; done; dc $F", Start{}, []string{".: dc -f a -f b"}},
		{"while append", "F=x; while read l; do F=\"$F y\"; done; dc $F", Start{}, []string{".: read l", ".: dc ?"}},
		{"break", "for f in a b c; do [ -f $f ] && break; done; use $f", Start{}, []string{".: [ -f a ]", ".: break", ".: [ -f b ]", ".: [ -f c ]", ".: use c", ".: use a", ".: use b"}},
		{"function", "dc() { docker compose -f c.yml \"$@\"; }\ndc up -d\ndc down", Start{}, []string{".: dc up -d", ".: docker compose -f c.yml up -d", ".: dc down", ".: docker compose -f c.yml down"}},
		{"local", "F=a; g() { local F=b; use $F; }; g; use $F", Start{}, []string{".: g", ".: use b", ".: use a"}},
		{"return", "g() { [ -n \"$X\" ] && return; cd q; }; g; ls", Start{}, []string{".: g", ".: [ -n ? ]", ".: return", ".: cd q", "q: ls", ".: ls"}},
		{"uncalled", "up() { start $1; }\nstart() { dc $1; }\n\"$@\"", Start{}, []string{".: ?", ".: start ?", ".: dc ?"}},
		{"recursion", "f() { f; g; }; g() { f; }; f", Start{}, []string{".: f", ".: f", ".: g", ".: f"}},
		{"bash -c", `A=1 bash -c 'cd x && dc -f "$1" $A' _ y.yml; ls`, Start{}, []string{`.: A=1 bash -c 'cd x && dc -f "$1" $A' _ y.yml`, ".: cd x", "x: dc -f y.yml 1", ".: ls"}},
		{"sudo sh", `sudo -E sh -ec "make a"`, Start{}, []string{".: sudo -E sh -ec 'make a'", ".: make a"}},
		{"eval", `eval "F=x; cd y"; ls $F`, Start{}, []string{".: eval 'F=x; cd y'", ".: cd y", "y: ls x"}},
		{"trap", `trap "dc down" EXIT`, Start{}, []string{".: trap 'dc down' EXIT", ".: dc down"}},
		{"positional", `dc -f docker-compose.$1.yml "$@"`, Start{}, []string{".: dc -f docker-compose.?.yml ?"}},
		{"args", `dc -f docker-compose.$1.yml; shift; dc "$@"`, Start{Args: []Text{Literal("dev"), Literal("up")}}, []string{".: dc -f docker-compose.dev.yml", ".: shift", ".: dc up"}},
		{"braces", "cp .env{.example,} x{1}", Start{}, []string{".: cp .env.example .env x{1}"}},
		{"subst", `dc -f $(echo a.yml) -f $(ls) "$(basename x/y.sh .sh)"`, Start{}, []string{".: echo a.yml", ".: ls", ".: basename x/y.sh .sh", ".: dc -f a.yml -f ? y"}},
		{"dead", "ls\nexit 0\ndc a", Start{}, []string{".: ls", ".: exit 0", ".: dc a"}},
		{"crlf", "cd a\r\nls \\\r\n  b\r\n", Start{}, []string{".: cd a", "a: ls b"}},
		{"broken", "ls a\nfi\nls b\n", Start{}, []string{".: ls a", ".: ls b"}},
		{"tilde", "cp ~/x a~b", Start{}, []string{".: cp ?/x a~b"}},
		{"or subst", `R=$(git rev-parse --show-toplevel 2>/dev/null || pwd); cat $R/a`, Start{Dir: "s"}, []string{"s: git rev-parse --show-toplevel", "s: pwd", "s: cat /repo/a"}},
		{"unset", "A=1; unset A; ls $A", Start{}, []string{".: unset A", ".: ls ?"}},
		{"error form", `A=1; ls ${A:?no} ${B:?no} ${A:+-e x}`, Start{}, []string{".: ls 1 ? -e x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range Commands(Parse([]byte(tt.script), Bash), tt.start) {
				got = append(got, show(c))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(tt.want, "\n"); g != w {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", tt.script, g, w)
			}
		})
	}
}
