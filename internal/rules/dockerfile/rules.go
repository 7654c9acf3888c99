// Package dockerfile holds the rules about Dockerfiles.
package dockerfile

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule {
	return []rule.Rule{
		SingleStage,
		Lock,
		RootUser,
		LastUserRoot,
		UnusedUser,
		CopyOwner,
		NamedUser,
		HealthcheckProgram,
		HealthcheckTarget,
		HealthcheckMissing,
		ShellForm,
		RelativeWorkdir,
		AddLocal,
		CopyBeforeInstall,
		DevDependencies,
		TestsInProduction,
		DevelopmentServer,
		UIDTaken,
		RuntimeFolders,
		UV,
		BuildPackages,
		Apt,
		SecretNames,
		UnpinnedCopy,
		MissingSource,
	}
}
