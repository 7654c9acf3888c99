// Package compose holds the rules about Compose files: secrets, env files, ports, dependencies and
// what a file names that is not there.
package compose

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule {
	return []rule.Rule{
		CredentialLiteral, EnvFileMounted, DependsOnWithoutHealth, CommandRunsPackageManager, ShellStays,
		PortOnAllInterfaces, MountOwner, EnvFileConfusion, EnvFileMissing, PathMissing, VariableUnset, VenvHidden,
		ContainerName, DuplicateHostPort, WrongForEnvironment, AddressByIP, ObsoleteVersion,
	}
}
