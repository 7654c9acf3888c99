package certs

import "fmt"

// Trust is the text that says how browsers and programs of this machine come to trust the authority
// whose certificate is at file. goos is as in runtime.GOOS; the system's own way comes first.
func Trust(goos, file string) string {
	system := map[string]string{
		"linux": fmt.Sprintf(`  Debian, Ubuntu   sudo cp %[1]q /usr/local/share/ca-certificates/refit-development.crt && sudo update-ca-certificates
  Fedora, RHEL     sudo cp %[1]q /etc/pki/ca-trust/source/anchors/refit-development.pem && sudo update-ca-trust
  Arch             sudo trust anchor --store %[1]q
`, file),
		"darwin":  fmt.Sprintf("  macOS            sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain %q\n", file),
		"windows": fmt.Sprintf("  Windows          certutil -addstore -user Root %q\n", file),
	}[goos]
	return "To have this machine trust the certificates (once; only you can decide that):\n" + system +
		fmt.Sprintf(`  Firefox          Settings, Certificates, Authorities, Import: %s
  one command      curl --cacert certs/ca.pem https://localhost:8000/
The authority's key never leaves its folder. To end the trust, remove the certificate there again.
`, file)
}
