package change

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"refit/internal/edit"
)

type baseline map[string]string

func (b baseline) read(p string) ([]byte, error) {
	if text, ok := b[p]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

// secretAt is a reference to the first occurrence of value in a file.
func (b baseline) secretAt(p, value string) SecretRef {
	at := strings.Index(b[p], value)
	return SecretRef{Path: p, Start: at, End: at + len(value), Hash: HashOf([]byte(value))}
}

func created(p, text string) File {
	return File{Op: edit.KindCreate, Path: p, Text: []byte(text), After: HashOf([]byte(text)), Mode: 0o600}
}

func (b baseline) edited(p, text string) File {
	return File{Op: edit.KindText, Path: p, Old: []byte(b[p]), Text: []byte(text), Before: HashOf([]byte(b[p])), After: HashOf([]byte(text)), Mode: 0o644, Was: 0o644}
}

const madeUp = "made-up-pass'w$rd\"1" // not a real password

func sample() (baseline, *Set) {
	b := baseline{
		"docker-compose.yml": "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: " + madeUp + "\n",
		"old/name":           "moved\r\n",
		"gone":               "x",
		"run.sh":             "#!/bin/sh\n",
	}
	set := &Set{
		Files: []File{
			created("bin", "\xff\x00\xfe"),
			{Op: edit.KindRename, Path: "compose/dev.yml", From: "docker-compose.yml", Old: []byte(b["docker-compose.yml"]), Text: []byte("services: {}\n"),
				Before: HashOf([]byte(b["docker-compose.yml"])), After: HashOf([]byte("services: {}\n")), Mode: 0o644, Was: 0o644,
				Causes: []Cause{{Rule: "L01", Name: "compose-at-root", Title: "Move", Safety: Safe}}},
			created("env/.env.dev", "A=1\nPOSTGRES_PASSWORD="+madeUp+"\nB=2\n"),
			{Op: edit.KindDelete, Path: "gone", Old: []byte("x"), Before: HashOf([]byte("x")), Was: 0o600},
			{Op: edit.KindText, Path: "link", Text: []byte("compose/dev.yml"), Before: HashOf([]byte("docker-compose.yml")), After: HashOf([]byte("compose/dev.yml")),
				Mode: fs.ModeSymlink | 0o777, Was: fs.ModeSymlink | 0o777},
			{Op: edit.KindRename, Path: "new/name", From: "old/name", Old: []byte("moved\r\n"), Text: []byte("moved\r\n"), Before: HashOf([]byte("moved\r\n")), After: HashOf([]byte("moved\r\n")), Mode: 0o644, Was: 0o644},
			{Op: edit.KindChmod, Path: "run.sh", Old: []byte("#!/bin/sh\n"), Text: []byte("#!/bin/sh\n"), Before: HashOf([]byte("#!/bin/sh\n")), After: HashOf([]byte("#!/bin/sh\n")), Mode: fs.ModeSetuid | 0o755, Was: fs.ModeSetuid | 0o644},
		},
		Refused: []Refusal{{Rule: "D05", Path: "Dockerfile", Why: "unsure"}},
		Steps:   []Step{{Name: "uv lock", Command: []string{"uv", "lock"}, Dir: ".", Why: "no lock", Makes: []string{"uv.lock"}}},
		Compare: Comparison{Preserved: []Preserved{{AspectMake, "Makefile", "5 targets"}},
			Declared: []Difference{{Aspect: AspectImage, Subject: "Dockerfile:app", Addr: "user", Before: "", After: "1000:1000"}},
			Unproven: []Difference{}, Undeclared: []Difference{}},
		Secrets: []SecretRef{b.secretAt("docker-compose.yml", madeUp)},
	}
	return b, set
}

func TestPlanFileRoundTrip(t *testing.T) {
	b, set := sample()
	var out bytes.Buffer
	if err := Encode(&out, set, b.read); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "made-up") {
		t.Errorf("the secret is in the plan file:\n%s", out.String())
	}
	var shape struct {
		Schema  string `json:"schema"`
		Changes []struct {
			Path, Op, From string
			Causes         []Cause
		}
		Equivalence map[string][]any
	}
	if err := json.Unmarshal(out.Bytes(), &shape); err != nil || shape.Schema != "refit.plan/v1" || len(shape.Changes) != 7 || shape.Changes[0].Causes == nil {
		t.Errorf("not the contract's shape: %v %+v", err, shape)
	}
	for _, key := range []string{"preserved", "declared", "unproven"} {
		if shape.Equivalence[key] == nil {
			t.Errorf("equivalence has no list %q", key)
		}
	}
	got, err := Decode(&out, b.read)
	if err != nil {
		t.Fatal(err)
	}
	for i := range set.Files { // an absent list of causes comes back as an empty one
		if set.Files[i].Causes == nil {
			set.Files[i].Causes = []Cause{}
		}
	}
	set.Compare.Undeclared = nil
	if !reflect.DeepEqual(got, set) {
		t.Errorf("got\n%+v\nwant\n%+v", got, set)
	}
}

// TestSecretsInEveryForm moves a secret into formats that escape it differently.
func TestSecretsInEveryForm(t *testing.T) {
	b := baseline{
		"plain":   "P=made$up'pass\"wo\\rd1\n", // made up
		"compose": "p: made$$up-dollar\n",
		"slashes": `p: "made\"up\\quoted"` + "\n",
		"quotes":  "p: 'made''up-single'\n",
		"url":     "P=made/up@url:pass\n",
		"overlap": "P=madeupabc\nQ=abcdefmadeup\n",
	}
	tests := []struct{ file, value, text, leak string }{
		{"plain", `made$up'pass"wo\rd1`, `P="made\$up'pass\"wo\\rd1"`, "rd1"},
		{"plain", `made$up'pass"wo\rd1`, `p: made$$up'pass"wo\rd1`, "pass"},
		{"plain", `made$up'pass"wo\rd1`, `p: 'made$up''pass"wo\rd1'`, "pass"},
		{"compose", "made$$up-dollar", "P=made$up-dollar", "dollar"},
		{"compose", "made$$up-dollar", `P="made\$up-dollar"`, "dollar"},
		{"slashes", `made\"up\\quoted`, `P='made"up\quoted'`, "quoted"},
		{"quotes", "made''up-single", `P="made'up-single"`, "single"},
		{"url", "made/up@url:pass", "postgresql://u:made%2Fup%40url%3Apass@db/x", "pass"},
	}
	for _, tt := range tests {
		set := &Set{Files: []File{created("new", "before "+tt.text+" after "+tt.text)}, Secrets: []SecretRef{b.secretAt(tt.file, tt.value)}}
		checkNoLeak(t, b, set, tt.leak)
	}
	set := &Set{Files: []File{created("new", "madeupabcdefmadeup")}, Secrets: []SecretRef{b.secretAt("overlap", "madeupabc"), b.secretAt("overlap", "abcdefmadeup")}}
	checkNoLeak(t, b, set, "def")
}

func checkNoLeak(t *testing.T, b baseline, set *Set, leak string) {
	t.Helper()
	var out bytes.Buffer
	if err := Encode(&out, set, b.read); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), leak) {
		t.Errorf("%q leaks:\n%s", leak, out.String())
	}
	got, err := Decode(&out, b.read)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Files[0].Text) != string(set.Files[0].Text) {
		t.Errorf("got %q, want %q", got.Files[0].Text, set.Files[0].Text)
	}
}

func TestEncodeMasksWhatIsSaid(t *testing.T) {
	b, set := sample()
	set.Refused[0].Why = "because of " + madeUp
	set.Steps[0].Why = madeUp
	set.Files[1].Causes[0].Title = madeUp
	set.Compare.Declared[0].Before = madeUp
	var out bytes.Buffer
	if err := Encode(&out, set, b.read); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "made-up") {
		t.Errorf("leaks:\n%s", out.String())
	}
}

func TestEncodeWantsSecretsWhereTheyAre(t *testing.T) {
	b, set := sample()
	b["docker-compose.yml"] = "# shifted\n" + b["docker-compose.yml"]
	var stale *Stale
	if err := Encode(&bytes.Buffer{}, set, b.read); !errors.As(err, &stale) {
		t.Errorf("error %v", err)
	}
	set.Secrets[0].End = 10000
	if err := Encode(&bytes.Buffer{}, set, b.read); err == nil {
		t.Error("no error for a span outside of the file")
	}
}

func TestDecodeNamesEveryStaleFile(t *testing.T) {
	b, set := sample()
	var out bytes.Buffer
	if err := Encode(&out, set, b.read); err != nil {
		t.Fatal(err)
	}
	b["docker-compose.yml"] += "# new\n"
	delete(b, "gone")
	b["old/name"] = "moved\n"
	_, err := Decode(&out, b.read)
	var stale *Stale
	if !errors.As(err, &stale) || strings.Join(stale.Paths, " ") != "docker-compose.yml gone old/name" {
		t.Errorf("error %v", err)
	}
}

// tampered are changes of a valid plan file (path, JSON before, JSON after) that must be refused.
var tampered = []struct{ name, old, new string }{
	{"schema", "refit.plan/v1", "refit.plan/v9"},
	{"path leaves", `"path": "env/.env.dev"`, `"path": "../.env.dev"`},
	{"absolute path", `"path": "env/.env.dev"`, `"path": "/etc/cron.d/x"`},
	{"windows path", `"path": "env/.env.dev"`, `"path": "c:\\x"`},
	{"backslashes", `"path": "env/.env.dev"`, `"path": "..\\x"`},
	{"unclean path", `"path": "env/.env.dev"`, `"path": "env/../x"`},
	{"git's folder", `"path": "env/.env.dev"`, `"path": ".git/hooks/pre-commit"`},
	{"git's folder by another name", `"path": "env/.env.dev"`, `"path": "sub/.GIT/config"`},
	{"from leaves", `"from": "old/name"`, `"from": "../name"`},
	{"from is git's", `"from": "old/name"`, `"from": ".git/config"`},
	{"duplicate path", `"path": "env/.env.dev"`, `"path": "bin"`},
	{"duplicate path in another case", `"path": "env/.env.dev"`, `"path": "BIN"`},
	{"file and folder", `"path": "env/.env.dev"`, `"path": "bin/x"`},
	{"duplicate source", `"from": "old/name"`, `"from": "docker-compose.yml"`},
	{"deleted and made", `"path": "env/.env.dev"`, `"path": "gone"`},
	{"content", `"text": "A=1\nPOST`, `"text": "A=2\nPOST`},
	{"operation", `"op": "chmod"`, `"op": "run"`},
	{"rename without from", `"from": "old/name",`, ``},
	{"field", `"refused"`, `"also": 1, "refused"`},
	{"setuid on a new file", `"mode": "0600"`, `"mode": "4755"`},
	{"setuid added", `"was": "4644"`, `"was": "0644"`},
	{"mode", `"mode": "0600"`, `"mode": "rwx"`},
	{"two contents in one piece", `"base64": `, `"text": "x", "base64": `},
	{"base64", `"base64": "`, `"base64": "!`},
	{"copy from outside", `"copy": {
            "path": "docker-compose.yml"`, `"copy": {
            "path": "../../etc/passwd"`},
	{"copy beyond the end", `"start": 58,`, `"start": 5800,`},
	{"negative copy", `"start": 58,`, `"start": -58,`},
	{"a created link", `"op": "edit",
      "causes": [],
      "link": true`, `"op": "create",
      "causes": [],
      "link": true`},
	{"number for text", `"path": "bin"`, `"path": 7`},
}

func TestDecodeRefusesTamperedPlans(t *testing.T) {
	b, set := sample()
	var out bytes.Buffer
	if err := Encode(&out, set, b.read); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tampered {
		if !strings.Contains(out.String(), tt.old) {
			t.Fatalf("%s: %q isn't in\n%s", tt.name, tt.old, out.String())
		}
		got, err := Decode(strings.NewReader(strings.Replace(out.String(), tt.old, tt.new, 1)), b.read)
		if err == nil {
			t.Errorf("%s: accepted: %+v", tt.name, got)
		}
	}
	for name, text := range map[string]string{"empty": "", "no JSON": "x", "cut off": out.String()[:out.Len()/2], "more behind": out.String() + "{}", "null": "null", "list": "[]"} {
		if _, err := Decode(strings.NewReader(text), b.read); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestDecodeBoundsCopies feeds a small file whose references blow up to gigabytes.
func TestDecodeBoundsCopies(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	b := baseline{"big": big}
	one := `{"copy":{"path":"big","start":0,"end":1048576,"sha256":"` + string(HashOf([]byte(big))) + `"}}`
	text := `{"schema":"refit.plan/v1","changes":[{"path":"a","op":"create","mode":"0644","after":"","causes":[],"content":[` +
		strings.Repeat(one+",", 20) + one + `]}],"refused":[],"steps":[],"equivalence":{"preserved":[],"declared":[],"unproven":[]}}`
	if _, err := Decode(strings.NewReader(text), b.read); err == nil || !strings.Contains(err.Error(), "larger than 8 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestFilesFollowsSnapshots(t *testing.T) {
	b := baseline{"a": "1"}
	f := b.edited("a", "2")
	if d := f.Delta(); d.Op != edit.KindText || string(d.New) != "2" || !strings.Contains(d.Diff(3), "-1\n") {
		t.Errorf("%+v", d)
	}
}

func FuzzDecode(f *testing.F) {
	b, set := sample()
	var out bytes.Buffer
	if err := Encode(&out, set, b.read); err != nil {
		f.Fatal(err)
	}
	f.Add(out.String())
	for _, tt := range tampered {
		f.Add(strings.Replace(out.String(), tt.old, tt.new, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Decode(strings.NewReader(text), b.read)
		if err != nil {
			return
		}
		for _, file := range got.Files {
			for _, p := range []string{file.Path, file.From} {
				if p != "" && edit.ValidPath(p) != nil {
					t.Fatalf("path %q accepted", p)
				}
			}
		}
		var again bytes.Buffer
		if err := Encode(&again, got, b.read); err != nil {
			t.Fatalf("what was decoded can't be encoded: %v", err)
		}
		if _, err := Decode(&again, b.read); err != nil {
			t.Fatalf("what was encoded again can't be decoded: %v\n%s", err, again.String())
		}
	})
}

func FuzzSecrets(f *testing.F) {
	f.Add("made-up", "x=made-up y", 0)
	f.Add("ma$$de'up", "ma$de'up ma$$de''up", 1)
	f.Add("abab", "ababab", 2)
	f.Fuzz(func(t *testing.T, value, text string, _ int) {
		b := baseline{"s": "v=" + value}
		set := &Set{Files: []File{created("n", text+value+text)}, Secrets: []SecretRef{{Path: "s", Start: 2, End: 2 + len(value)}}}
		var out bytes.Buffer
		if err := Encode(&out, set, b.read); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(bytes.NewReader(out.Bytes()), b.read)
		if err != nil || !bytes.Equal(got.Files[0].Text, set.Files[0].Text) {
			t.Fatalf("%q: %v", value, err)
		}
		var plan planFile
		if err := json.Unmarshal(out.Bytes(), &plan); err != nil {
			t.Fatal(err)
		}
		for _, p := range plan.Changes[0].Content {
			if p.Text != nil && len(value) >= minSecret && strings.Contains(*p.Text, value) {
				t.Fatalf("%q is written by value in %q", value, *p.Text)
			}
		}
	})
}
