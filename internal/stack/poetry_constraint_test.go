package stack

import "testing"

// TestPEP440 takes Poetry's own tables: https://python-poetry.org/docs/dependency-specification/#version-constraints.
// The specifiers are written as short as the constraint is; 2.0 and 2.0.0 are one version.
func TestPEP440(t *testing.T) {
	for constraint, want := range map[string]string{
		// caret requirements
		"^1.2.3": ">=1.2.3,<2.0.0", "^1.2": ">=1.2,<2.0", "^1": ">=1,<2", "^0.2.3": ">=0.2.3,<0.3.0",
		"^0.0.3": ">=0.0.3,<0.0.4", "^0.0": ">=0.0,<0.1", "^0": ">=0,<1",
		// tilde requirements
		"~1.2.3": ">=1.2.3,<1.3.0", "~1.2": ">=1.2,<1.3", "~1": ">=1,<2",
		// wildcard requirements
		"*": "", "1.*": "==1.*", "1.2.*": "==1.2.*",
		// inequality requirements, multiple requirements, exact requirements
		">= 1.2.0": ">=1.2.0", "> 1": ">1", "< 2": "<2", "!= 1.2.3": "!=1.2.3", ">= 1.2, < 1.5": ">=1.2,<1.5", ">=1.2 <1.5": ">=1.2,<1.5",
		"==1.2.3": "==1.2.3", "1.2.3": "==1.2.3", "=1.2.3": "==1.2.3", "!=1.2.*": "!=1.2.*", "~=1.2": "~=1.2",
		// versions that real files have
		"^2.1.0.post1": ">=2.1.0.post1,<3.0.0", "^1.7.7.20240106": ">=1.7.7.20240106,<2.0.0.0", "^1.0.0a5": ">=1.0.0a5,<2.0.0", "^2025.12": ">=2025.12,<2026.0",
		">2.0": ">2.0", "4.0.1": "==4.0.1", "^ 1.2": ">=1.2,<2.0", "v1.2": "==1.2", "1.0.0+cpu": "==1.0.0+cpu", "^1.2,!=1.5": ">=1.2,<2.0,!=1.5",
		// alternatives without a gap
		"^1.0 || ^2.0": ">=1.0,<3.0", "^1.0|^2.0": ">=1.0,<3.0", "1.* || 2.*": ">=1,<3", "^3.8 || >=3.9": ">=3.8", ">=1.2,<1.5 || >=1.4": ">=1.2",
	} {
		if got, err := PEP440(constraint); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", constraint, got, err, want)
		}
	}
	for _, constraint := range []string{"", "^1 || ^3", "<1 || >2", "1.0 || 2.0", "latest", ">=1.*", "^", "1!2.0", "$VERSION", "^1 ||"} {
		if got, err := PEP440(constraint); err == nil {
			t.Errorf("%q: %q without an error", constraint, got)
		}
	}
}

func TestMarkers(t *testing.T) {
	for constraint, want := range map[string]string{
		"*": "", "^3.8": "python_version >= '3.8' and python_version < '4.0'", "<3.11": "python_version < '3.11'", "3.11.*": "python_version == '3.11'",
		">=3.8.1": "python_full_version >= '3.8.1'", "<=3.9": "python_full_version <= '3.9.0'", "~3.9": "python_version >= '3.9' and python_version < '3.10'", ">=3": "python_version >= '3.0'",
	} {
		if got, err := PythonMarker(constraint); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", constraint, got, err, want)
		}
	}
	for platform, want := range map[string]string{"linux": "sys_platform == 'linux'", "!=win32": "sys_platform != 'win32'"} {
		if got, err := PlatformMarker(platform); err != nil || got != want {
			t.Errorf("%q: %q %v", platform, got, err)
		}
	}
}
