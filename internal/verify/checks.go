package verify

import (
	"context"
	"strings"

	"refit/internal/rule"
)

// The subjects of the checks, in the order in which they are shown.
const (
	User          rule.Theme = "user"
	Ownership     rule.Theme = "ownership"
	Health        rule.Theme = "health"
	Network       rule.Theme = "network"
	Logs          rule.Theme = "logs"
	Image         rule.Theme = "image"
	Configuration rule.Theme = "configuration"
)

// Themes lists the subjects.
func Themes() []rule.Theme {
	return []rule.Theme{User, Ownership, Health, Network, Logs, Image, Configuration}
}

// checks are all of them. IDs are permanent: R for what runs.
var checks = []Check{
	rootProcess, wrongAccount, hardeningLost,
	foreignFiles, notWritable, bindMountOwner, volumeNotWritable,
	notRunning, unhealthy, noHealthcheck, endpointSilent, portProtocol, wrongCertificate, migrationsPending,
	dependencyUnreachable, reachableThoughApart, wayOut,
	startNotSeen, errorInLog, secretInLog,
	secretInImage, privateFileInImage, toolsInProduction, testsInProduction, wastedBytes,
	environmentDiffers, portsDiffer, limitsDiffer, staleConfiguration, staleImage, orphan,
}

// Checks lists what is known of every check.
func Checks() []rule.Meta {
	var list []rule.Meta
	for _, c := range checks {
		list = append(list, c.Meta)
	}
	return list
}

// Find is the check with the id, in capitals or not, or the name.
func Find(idOrName string) (rule.Meta, bool) {
	for _, c := range checks {
		if strings.EqualFold(c.ID, idOrName) || c.Name == idOrName {
			return c.Meta, true
		}
	}
	return rule.Meta{}, false
}

func check(id, name string, theme rule.Theme, s rule.Severity, summary, doc string, look func(context.Context, *pass)) Check {
	return Check{rule.Meta{ID: id, Name: name, Theme: theme, Severity: s, Since: "0.1.0", Summary: summary, Doc: doc}, look}
}
