package stack

import (
	"regexp"
)

// pom is what refit reads of a pom.xml. https://maven.apache.org/pom.html
type pom struct {
	ArtifactID   string   `xml:"artifactId"`
	Modules      []string `xml:"modules>module"`
	Release      string   `xml:"properties>maven.compiler.release"`
	JavaVersion  string   `xml:"properties>java.version"`
	Dependencies []struct {
		GroupID    string `xml:"groupId"`
		ArtifactID string `xml:"artifactId"`
		Scope      string `xml:"scope"`
	} `xml:"dependencies>dependency"`
}

func detectJava(f folder, _ Hints) *Unit {
	u := &Unit{Dir: f.dir, Language: Java, Package: true}
	switch {
	case f.has("pom.xml"):
		u.Manager, u.Reason = Maven, "pom.xml is there"
		u.Manifests = f.present("pom.xml")
		u.Extra = f.present("mvnw")
		if f.snap.IsDir(f.path(".mvn")) {
			u.Extra = append(u.Extra, f.path(".mvn"))
		}
		describePOM(f, u)
	case len(f.present("build.gradle", "build.gradle.kts")) > 0:
		u.Manager, u.Reason = Gradle, "a Gradle build is there"
		u.Manifests = f.present("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradle.properties")
		u.Extra = f.present("gradlew")
		if f.snap.IsDir(f.path("gradle")) {
			u.Extra = append(u.Extra, f.path("gradle"))
		}
		u.Lock, u.LockPresent = f.path("gradle.lockfile"), f.has("gradle.lockfile")
		describeGradle(f, u)
	default:
		return nil
	}
	if f.snap.IsDir(f.path("src")) {
		u.SourceDirs = []string{f.path("src")}
	}
	return u
}

func describePOM(f folder, u *Unit) {
	text := f.read("pom.xml", u)
	if text == nil {
		return
	}
	var p pom
	if err := decodeXML(text, &p); err != nil {
		u.problem(f.path("pom.xml"), xmlPosition(err), err)
		return
	}
	u.Name, u.Requires = p.ArtifactID, p.Release
	if u.Requires == "" {
		u.Requires = p.JavaVersion
	}
	u.Members, u.Workspace = p.Modules, len(p.Modules) > 0
	for _, d := range p.Dependencies {
		name := d.GroupID + ":" + d.ArtifactID
		if d.Scope == "test" {
			u.DevDependencies = append(u.DevDependencies, name)
		} else {
			u.Dependencies = append(u.Dependencies, name)
		}
	}
}

// A Gradle build is a program; only its usual declarations are read.
var (
	gradleDependency = regexp.MustCompile(`(?m)^\s*(\w+)[\s(]+["']([\w.-]+:[\w.-]+)(?::[^"']*)?["']`)
	gradleInclude    = regexp.MustCompile(`(?m)^\s*include[\s(]+(.+)$`)
	gradleName       = regexp.MustCompile(`["']:?([\w:.-]+)["']`)
	gradleToolchain  = regexp.MustCompile(`JavaLanguageVersion\.of\((\d+)\)|sourceCompatibility\s*=\s*["']?(?:JavaVersion\.VERSION_)?(\d+)`)
)

func describeGradle(f folder, u *Unit) {
	for _, name := range []string{"build.gradle", "build.gradle.kts"} {
		text := f.read(name, nil)
		for _, m := range gradleDependency.FindAllSubmatch(text, -1) {
			if config := string(m[1]); len(config) >= 4 && config[:4] == "test" {
				u.DevDependencies = append(u.DevDependencies, string(m[2]))
			} else {
				u.Dependencies = append(u.Dependencies, string(m[2]))
			}
		}
		if m := gradleToolchain.FindSubmatch(text); m != nil {
			u.Requires = string(m[1]) + string(m[2])
		}
	}
	for _, name := range []string{"settings.gradle", "settings.gradle.kts"} {
		for _, line := range gradleInclude.FindAllSubmatch(f.read(name, nil), -1) {
			for _, m := range gradleName.FindAllSubmatch(line[1], -1) {
				u.Members = append(u.Members, gradlePath(string(m[1])))
			}
		}
	}
	u.Workspace = len(u.Members) > 0
}

// gradlePath turns a project's path ("services:api") into its folder.
func gradlePath(project string) string {
	b := []byte(project)
	for i := range b {
		if b[i] == ':' {
			b[i] = '/'
		}
	}
	return string(b)
}

// installMaven: https://maven.apache.org/plugins/maven-dependency-plugin/go-offline-mojo.html.
// Maven has no lock.
func installMaven(u *Unit, _ Options) Install {
	mvn := "mvn"
	if contains(u.Extra, u.Path("mvnw")) {
		mvn = "./mvnw"
	}
	i := Install{
		Caches:       []Cache{{Root: "/root/.m2", Variable: ""}},
		Dependencies: []Command{{mvn, "-B", "dependency:go-offline"}},
		Project:      []Command{{mvn, "-B", "package", "-DskipTests"}},
		Outputs:      []string{"target"},
		Notes:        []string{"Maven has no lock file: versions are as firm as pom.xml says them"},
	}
	if u.Workspace {
		i.Dependencies = nil
		i.Notes = append(i.Notes, "the modules depend on one another, so go-offline fails before they are built")
	}
	return i
}

// installGradle: https://docs.gradle.org/current/userguide/dependency_locking.html
func installGradle(u *Unit, _ Options) Install {
	gradle := "gradle"
	if contains(u.Extra, u.Path("gradlew")) {
		gradle = "./gradlew"
	}
	i := Install{
		Caches:       []Cache{{Root: "/root/.gradle", Variable: "GRADLE_USER_HOME", Locked: true}},
		Dependencies: []Command{{gradle, "--no-daemon", "dependencies"}},
		Project:      []Command{{gradle, "--no-daemon", "assemble"}},
		Outputs:      []string{"build/libs"}, Asserted: u.LockPresent,
	}
	if !u.LockPresent {
		i.Notes = []string{"the build locks no dependencies (gradle.lockfile)"}
	}
	return i
}
