package stack

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"refit/internal/source"
)

// csproj is what refit reads of a project file.
// https://learn.microsoft.com/en-us/dotnet/core/project-sdk/overview
type csproj struct {
	Properties []struct {
		Framework  string `xml:"TargetFramework"`
		Frameworks string `xml:"TargetFrameworks"`
		Assembly   string `xml:"AssemblyName"`
	} `xml:"PropertyGroup"`
	Items []struct {
		Packages []struct {
			Name string `xml:"Include,attr"`
		} `xml:"PackageReference"`
		Projects []struct {
			Path string `xml:"Include,attr"`
		} `xml:"ProjectReference"`
	} `xml:"ItemGroup"`
}

func detectDotnet(f folder, _ Hints) *Unit {
	var projects []string
	for _, pattern := range []string{"*.csproj", "*.fsproj", "*.vbproj"} {
		projects = append(projects, f.matching(pattern)...)
	}
	if len(projects) == 0 {
		return nil
	}
	u := &Unit{
		Dir: f.dir, Language: Dotnet, Manager: Nuget, Reason: "a project file is there", Package: true,
		Manifests: projects, Extra: f.present("nuget.config", "NuGet.config", "global.json", "Directory.Build.props", "Directory.Packages.props"),
		Lock: f.path("packages.lock.json"), LockPresent: f.has("packages.lock.json"),
	}
	for _, p := range projects {
		var c csproj
		text, err := f.snap.Read(p)
		if err == nil {
			err = decodeXML(text, &c)
		}
		if err != nil {
			u.problem(p, xmlPosition(err), err)
			continue
		}
		for _, g := range c.Properties {
			if g.Framework != "" {
				u.Requires = g.Framework
			}
			if g.Assembly != "" {
				u.Name = g.Assembly
			}
		}
		for _, g := range c.Items {
			for _, d := range g.Packages {
				if d.Name != "" {
					u.Dependencies = append(u.Dependencies, d.Name)
				}
			}
			for _, d := range g.Projects {
				u.LocalPaths = append(u.LocalPaths, localPath(f.dir, string(bytes.ReplaceAll([]byte(d.Path), []byte(`\`), []byte("/"))))...)
			}
		}
	}
	return u
}

// installNuget: https://learn.microsoft.com/en-us/nuget/consume-packages/package-references-in-project-files#locking-dependencies
func installNuget(u *Unit, _ Options) Install {
	restore := Command{"dotnet", "restore"}
	i := Install{
		Caches:  []Cache{{Root: "/root/.nuget/packages", Variable: "NUGET_PACKAGES"}},
		Project: []Command{{"dotnet", "publish", "--no-restore", "-c", "Release", "-o", "/app/publish"}},
		Outputs: []string{"/app/publish"}, Asserted: u.LockPresent,
		Lock: Command{"dotnet", "restore", "--use-lock-file"},
	}
	if u.LockPresent {
		restore = append(restore, "--locked-mode")
	} else {
		i.Notes = append(i.Notes, "packages.lock.json is not there, so the restore is not asserted")
	}
	if len(u.LocalPaths) > 0 {
		i.Notes = append(i.Notes, "the project refers to others: their project files have to be copied first")
		i.Files = append(i.Files, u.LocalPaths...)
	}
	i.Dependencies = []Command{restore}
	return i
}

// decodeXML decodes without following entities or foreign character sets.
func decodeXML(text []byte, v any) error {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func xmlPosition(err error) source.Position {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return source.Position{Line: syntax.Line, Column: 1}
	}
	return source.Position{}
}
