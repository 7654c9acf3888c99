package project

// references finds the places outside of Compose files and Dockerfiles that name a file of the
// repository, and the command lines that run docker compose or docker build.
func references(p *Project, c *Cache) ([]Reference, []Call) { return nil, nil }
