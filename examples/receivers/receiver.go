// Reads an access token from standard input, and prints the id of its user. Needs golang-jwt and keyfunc:
//
//	go mod init receiver && go mod tidy && go run receiver.go
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// ownerOf verifies the token with the published keys.
func ownerOf(token, issuer string, keys keyfunc.Keyfunc) (string, error) {
	parsed, err := jwt.Parse(token, keys.Keyfunc, jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithIssuer(issuer), jwt.WithAudience("weapp"), jwt.WithExpirationRequired())
	if err != nil {
		return "", err
	}
	if parsed.Header["typ"] != "at+jwt" {
		return "", jwt.ErrTokenUnverifiable
	}
	return parsed.Claims.GetSubject()
}

func main() {
	issuer := os.Getenv("ISSUER")
	if issuer == "" {
		issuer = "http://127.0.0.1:3000"
	}
	// Without RefreshInterval, a key that is no longer published would be trusted for an hour.
	keys, err := keyfunc.NewDefaultOverrideCtx(context.Background(), []string{issuer + "/.well-known/jwks.json"},
		keyfunc.Override{RefreshInterval: 5 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	token, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	owner, err := ownerOf(strings.TrimSpace(string(token)), issuer, keys)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(owner)
}
