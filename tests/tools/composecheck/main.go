// composecheck FILE: does Docker Compose v2 take this file, with all of its profiles?  What
// `docker compose --profile '*' config -q` asks, by the library that it is made of.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func check(file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv,
		cli.WithDefaultProfiles("*"))
	if err != nil {
		return err
	}
	_, err = options.LoadProject(context.Background())
	return err
}

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "composecheck:", err)
		os.Exit(1)
	}
}
