use super::*;

fn region(name: &str) -> &'static Region {
    name.parse().unwrap()
}

fn environment(variables: &[(&str, &str)], manifest: Option<&str>) -> Result<Credentials, String> {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    match CredentialSource::from_environment(lookup, manifest.map(region)) {
        Ok(CredentialSource::Fixed(credentials)) => Ok(credentials),
        Ok(CredentialSource::Secret { .. }) => panic!("the environment holds no secret's name"),
        Err(error) => Err(error.to_string()),
    }
}

fn secret(text: &str) -> Result<Credentials, String> {
    from_secret("the secret `s`", text, region("us-east-1")).map_err(|error| error.to_string())
}

#[test]
fn the_environment_of_the_official_tools_is_enough() {
    let all = [(ID, "an-id"), (SECRET, "a-secret\n"), (REGION, "eu-central-1")];
    let credentials = environment(&all, None).unwrap();
    assert_eq!(credentials.client_id, "an-id");
    assert_eq!(credentials.client_secret.expose_secret(), "a-secret");
    assert_eq!(credentials.site.api(), "https://api.mypurecloud.de");
    let credentials = environment(&all[..2], Some("us-west-2")).unwrap();
    assert_eq!(credentials.site.api(), "https://api.usw2.pure.cloud", "the manifest's region");
    let mock = [(ID, "an-id"), (SECRET, "a-secret"), (REGION, "http://127.0.0.1:4010")];
    let credentials = environment(&mock, Some("us-west-2")).unwrap();
    assert_eq!(credentials.site.login(), "http://127.0.0.1:4010", "a mock stands in for any region");
}

/// Genesys Cloud's IDs are UUIDs; whatever else stands there may be the secret, put into the wrong place.
#[test]
fn what_is_no_id_is_not_shown_as_one() {
    let id = "cdd1da37-8a4d-4c3b-9e7f-2d1a6b8c0e94";
    let of = |client: &str| {
        let credentials =
            environment(&[(ID, client), (SECRET, "a-secret"), (REGION, "us-east-1")], None).unwrap();
        let hidden = credentials.secrets().iter().any(|secret| secret.expose_secret() == client);
        (credentials.client(), hidden)
    };
    assert_eq!(of(id), (format!("the OAuth client `{id}`"), false));
    let (shown, hidden) = of("kF3yPq7vTzB0hunter2");
    assert!(hidden && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_wrong_with_the_environment_is_named() {
    for (variables, manifest, says) in [
        (
            &[][..],
            None,
            "GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION are not set: no \
             OAuth client for Genesys Cloud",
        ),
        (
            &[(ID, "i"), (SECRET, "  ")],
            Some("us-east-1"),
            "GENESYSCLOUD_OAUTHCLIENT_SECRET is not set: no OAuth client for Genesys Cloud",
        ),
        (
            &[(ID, "i d"), (SECRET, "s")],
            Some("us-east-1"),
            "GENESYSCLOUD_OAUTHCLIENT_ID has white space within",
        ),
        (
            &[(ID, "i"), (SECRET, "s"), (REGION, "eu-west-1")],
            Some("us-east-1"),
            "GENESYSCLOUD_REGION says eu-west-1 (mypurecloud.ie), but [genesys] in the manifest says us-east-1 \
             (mypurecloud.com); an OAuth client works only in its own region",
        ),
        (
            &[(ID, "i"), (SECRET, "s"), (REGION, "mygenesys.com")],
            None,
            "GENESYSCLOUD_REGION: `mygenesys.com` is not a Genesys Cloud region; Genesys's own clients do not know \
             this name: for us-east-1 (mypurecloud.com) write `us-east-1` or the domain, for a different organization \
             write the AWS region in which it lives",
        ),
    ] {
        assert_eq!(environment(variables, manifest).unwrap_err(), says);
    }
}

#[test]
fn a_secret_needs_two_keys_and_may_name_its_region() {
    for (text, api) in [
        (r#"{"client_id":"i","client_secret":"s"}"#, "https://api.mypurecloud.com"),
        (r#"{"client_id":"i","client_secret":"s","region":"us-east-1"}"#, "https://api.mypurecloud.com"),
        (
            r#"{"client_id":"i","client_secret":"s","base_url":"https://api.mypurecloud.com"}"#,
            "https://api.mypurecloud.com",
        ),
        (
            r#"{"client_id":"i","client_secret":"s","base_url":"http://localhost:4010"}"#,
            "http://localhost:4010",
        ),
    ] {
        assert_eq!(secret(text).unwrap().site.api(), api, "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_secret_is_named_without_its_values() {
    for (text, says) in [
        ("hunter2", "the secret `s` is not a JSON object with `client_id` and `client_secret`"),
        ("[]", "the secret `s` is not a JSON object with `client_id` and `client_secret`"),
        ("{}", "the secret `s` has no `client_id` and no other keys"),
        (
            r#"{"clientId":"hunter2","client_secret":"hunter2"}"#,
            "the secret `s` has no `client_id`; it has `clientId`",
        ),
        (
            r#"{"client_id":"i","oauth-client-secret":"hunter2"}"#,
            "the secret `s` has no `client_secret`; it has `oauth-client-secret`",
        ),
        (
            r#"{"user":"u","password":"hunter2"}"#,
            "the secret `s` has no `client_id`; it has `user`, `password`",
        ),
        (r#"{"client_id":"i","client_secret":7}"#, "`client_secret` in the secret `s` is not a text"),
        (r#"{"client_id":"i","client_secret":""}"#, "`client_secret` in the secret `s` is empty"),
        (
            r#"{"client_id":"i","client_secret":"hunter2","region":"eu-west-1"}"#,
            "`region` in the secret `s` says eu-west-1 (mypurecloud.ie), but [genesys] in the manifest says us-east-1 \
             (mypurecloud.com); an OAuth client works only in its own region",
        ),
        (
            r#"{"client_id":"i","client_secret":"hunter2","scope":"audit:read"}"#,
            "`scope` in the secret `s` does nothing: scopes do not apply to clients of the grant type client \
             credentials, the roles on the client do; remove it",
        ),
    ] {
        assert_eq!(secret(text).unwrap_err(), says);
    }
}

#[test]
fn no_way_of_printing_shows_a_secret() {
    let credentials = secret(r#"{"client_id":"i","client_secret":"hunter2"}"#).unwrap();
    let shown = format!("{credentials:?} {:#?}", CredentialSource::Fixed(credentials.clone()));
    assert!(!shown.contains("hunter2"), "{shown}");
}
