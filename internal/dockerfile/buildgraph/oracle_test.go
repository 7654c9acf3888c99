package buildgraph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"refit/internal/dockerfile"
)

// configSamples exercise what a stage's configuration is made of.
var configSamples = []string{
	sample,
	"FROM scratch\n",
	"FROM scratch\nWORKDIR a\nWORKDIR ../b/./c\nWORKDIR /x/\nUSER $U\nENV A=1 B=$A C=${A:-x}\nENV D=$A$B \"E F\"='g $A'\n",
	"FROM a AS one\nCMD echo hi\nUSER u\nONBUILD ENV X=1\nONBUILD RUN $X\nFROM one AS two\nENTRYPOINT [\"e\"]\nONBUILD USER v\nFROM two\n",
	"FROM a\nCMD [\"c\"]\nENTRYPOINT e\nSHELL [\"/bin/bash\", \"-c\"]\nCMD echo \\\n  two\nENTRYPOINT []\n",
	"FROM a\nCMD []\nHEALTHCHECK --interval=5s --retries=3 CMD curl -f x || exit 1\nSTOPSIGNAL SIGINT\n",
	"FROM a\nHEALTHCHECK NONE\nFROM a\nHEALTHCHECK --start-period=1m CMD [\"x\", \"y\"]\n",
	"ARG P=80\nFROM a\nARG P\nARG Q=9$P R\nENV P2=$P Q2=${Q} R2=[$R]\nEXPOSE $P 8000-8002/UDP 127.0.0.1:1:2 \"7 8\"\nVOLUME /a $Q\nVOLUME [\"/b\", \"/a\"]\nLABEL a=$P \"b c\"='$P' d=\"e\\nf\"\n",
	"# escape=`\nFROM a\nENV A=x`$y B=\"`\"q\" C=\\n\nWORKDIR \\a\\b\nUSER a:b\n",
	"FROM a\nENV PATH=/opt/venv/bin:$PATH\nENV PATH $PATH:/more stuff\nARG PATH=/only\nENV Z=$PATH\n",
	"ARG BASE=one\nFROM a AS one\nUSER x\nARG V=1\nFROM ${BASE} AS two\nENV V2=$V\nFROM ${NOPE:-two}\nLABEL x=${V2%1}y\n",
	"FROM --platform=$BUILDPLATFORM a\nARG TARGETARCH\nENV T=$TARGETARCH U=$TARGETOS\n",
	"FROM a\nENV A=${X:?no} B=1\nUSER ${B:+yes}\n",
	"FROM a\nUSER 'q r'\nWORKDIR \"/a b\"/c\nENV X y  z \nMAINTAINER m\n",
}

// TestConfig holds our reading of a stage's configuration against BuildKit's own.
func TestConfig(t *testing.T) {
	for i, text := range configSamples {
		t.Run(fmt.Sprint(i), func(t *testing.T) { compareConfig(t, text, nil) })
	}
	compareConfig(t, configSamples[7], map[string]string{"P": "81", "R": "r $P"})
	compareConfig(t, configSamples[10], map[string]string{"BASE": "a", "V": "2"})
}

func FuzzConfig(f *testing.F) {
	for _, s := range configSamples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		compareConfig(t, text, map[string]string{"P": "81"})
	})
}

func compareConfig(t *testing.T, text string, args map[string]string) {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(text))
	if err != nil {
		return
	}
	stage, _ := f.Target("")
	if stage.CheckSize(args) != nil {
		return
	}
	res, err := convert(context.Background(), f, options("", args))
	if err != nil {
		return // BuildKit gives no configuration to compare with
	}
	got, want := describeConfig(stage.Config(args)), describeImage(res.Image)
	if _, ok := stage.Config(args).Env.Get("PATH"); !ok {
		got = append(got, "env PATH "+short("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
		slices.Sort(got)
	}
	for i, l := range want { // our reading has a shell always, BuildKit's only one that is written
		if l == `shell ["/bin/sh" "-c"]` {
			want[i] = "shell []"
		}
	}
	want = slices.DeleteFunc(want, func(l string) bool { return strings.HasPrefix(l, "author") || strings.HasPrefix(l, "onbuild") })
	if !slices.Equal(got, want) {
		t.Errorf("%q\ngot  %q\nwant %q", text, got, want)
	}
	if n := len(res.Image.Config.OnBuild); n != len(stage.Config(args).OnBuild) {
		t.Errorf("%q: %d triggers, BuildKit has %d", text, len(stage.Config(args).OnBuild), n)
	}
}

// describeConfig writes a Config in the form of describeImage.
func describeConfig(c dockerfile.Config) []string {
	img := &dockerspec.DockerOCIImage{}
	o := &img.Config
	o.User, o.WorkingDir, o.StopSignal = c.User.Value, c.WorkingDir.Value, c.StopSignal.Value
	o.Entrypoint, o.Cmd = c.Entrypoint.Argv, c.Cmd.Argv
	if !slices.Equal(c.Shell, []string{"/bin/sh", "-c"}) {
		o.Shell = c.Shell
	}
	for _, v := range c.Env {
		o.Env = append(o.Env, v.Name+"="+v.Value)
	}
	o.Labels, o.ExposedPorts, o.Volumes = map[string]string{}, map[string]struct{}{}, map[string]struct{}{}
	for _, v := range c.Labels {
		o.Labels[v.Name] = v.Value
	}
	for _, p := range c.Exposed {
		for n := p.First; n <= p.Last; n++ {
			o.ExposedPorts[fmt.Sprintf("%d/%s", n, p.Proto)] = struct{}{}
		}
	}
	for _, v := range c.Volumes {
		o.Volumes[v.Value] = struct{}{}
	}
	if h := c.Healthcheck; h != nil {
		kind := "CMD"
		if h.Disabled {
			kind = "NONE"
		} else if h.ShellForm {
			kind = "CMD-SHELL"
		}
		o.Healthcheck = &dockerspec.HealthcheckConfig{Test: append([]string{kind}, h.Command...), Interval: h.Interval,
			Timeout: h.Timeout, StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries}
	}
	return describeImage(img)
}

// FuzzGraph: a graph is the same every time, differs from itself in nothing, and nothing panics.
func FuzzGraph(f *testing.F) {
	for _, s := range configSamples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := dockerfile.Parse("Dockerfile", []byte(text))
		if err != nil {
			return
		}
		ctx := context.Background()
		warnings, _ := Lint(ctx, file)
		for _, w := range warnings {
			if w.Span.Start < 0 || w.Span.End > len(text) || w.Span.Start > w.Span.End {
				t.Fatalf("%q: %+v", text, w)
			}
		}
		a, err := New(ctx, file, "", nil)
		if err != nil {
			return
		}
		b, err := New(ctx, file, "", nil)
		if err != nil || a.Digest != b.Digest || len(Diff(a, b)) != 0 || len(diffOps(a.Ops, b.Ops)) != 0 {
			t.Fatalf("%q: %v %v", text, err, Diff(a, b))
		}
	})
}
