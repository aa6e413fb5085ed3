//! Where rolecall's own OAuth client may be kept in AWS: a secret by its name, and a `SecureString` of SSM.

#[cfg(feature = "ssm")]
use rolecall::sandbox::Principal;
use rolecall::sandbox::{CUSTOMER, Parameter, State};
use serde_json::json;

use crate::scenarios::stage::{ONE_TARGET, Run, Stage, manifest};

const SECRET: &str = "canary-9Tq4nVxW2kLz";

fn stage(credentials: &str, region: Option<&str>) -> Stage {
    let aws = region.map(|region| format!("[aws]\nregion = \"{region}\"\n\n")).unwrap_or_default();
    let section = format!("[genesys.credentials]\n{credentials}\n\n{aws}[role]");
    let stage = Stage::with(&manifest(ONE_TARGET).replace("[role]", &section), State::demo());
    let access = stage.sandbox.genesys();
    let value = json!({
        "client_id": access.client_id,
        "client_secret": SECRET,
        "base_url": access.base_url,
    });
    let change = |state: &mut State| {
        state.genesys.clients.values_mut().for_each(|client| client.secret = SECRET.to_owned());
        let account = state.accounts.get_mut(CUSTOMER).unwrap();
        let secret = account.secrets.get_mut("us-east-1").unwrap().get_mut("genesys/rolecall").unwrap();
        secret.value = value.to_string();
        let parameters = account.parameters.entry("us-east-1".to_owned()).or_default();
        for (name, is_secure) in [("/rolecall/genesys", true), ("/rolecall/plain", false)] {
            let value = value.to_string();
            parameters.insert(name.to_owned(), Parameter { value, is_secure, version: 1 });
        }
    };
    stage.sandbox.change(change).unwrap();
    stage
}

/// Who rolecall is, at the highest verbosity; the secret is in nothing that is printed.
fn whoami(stage: &Stage) -> Run {
    let run = stage.run(&["genesys", "whoami", "-vv"]);
    let whole = run.whole();
    assert!(!whole.contains(SECRET) && !whole.contains(&SECRET[..12]), "{whole}");
    stage.run(&["genesys", "whoami"])
}

#[test]
fn a_secret_by_its_name_is_looked_up_in_the_region_of_the_manifest() {
    whoami(&stage("secret_name = \"genesys/rolecall\"", None)).expect(0);
    insta::assert_snapshot!(whoami(&stage("secret_name = \"genesys/rolecall\"", Some("eu-west-1"))).whole(), @"
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the secret `genesys/rolecall`: secretsmanager:GetSecretValue failed: Secrets Manager can't find the specified secret. (ResourceNotFoundException, request [id])
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
}

#[cfg(feature = "ssm")]
#[test]
fn a_secure_string_by_its_name_or_its_arn_is_enough() {
    whoami(&stage("parameter = \"/rolecall/genesys\"", None)).expect(0);
    let arn = format!("arn:aws:ssm:us-east-1:{CUSTOMER}:parameter/rolecall/genesys");
    whoami(&stage(&format!("parameter = \"{arn}\""), Some("eu-west-1"))).expect(0);
}

#[cfg(feature = "ssm")]
#[test]
fn a_parameter_that_is_no_secret_or_not_there_or_not_readable_is_refused() {
    let refused = |credentials: &str| whoami(&stage(credentials, None)).whole();
    insta::assert_snapshot!(refused("parameter = \"/rolecall/plain\""), @"
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the parameter `/rolecall/plain`: ssm:GetParameter failed: unexpected answer: the parameter is not a SecureString, so it is not kept as a secret
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
    insta::assert_snapshot!(refused("parameter = \"/rolecall/gone\""), @"
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the parameter `/rolecall/gone`: ssm:GetParameter failed:  (ParameterNotFound, request [id])
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
    let mut stage = stage("parameter = \"/rolecall/genesys\"", None);
    stage.act_as(Principal::Nobody);
    insta::assert_snapshot!(whoami(&stage).whole(), @"
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the parameter `/rolecall/genesys`: ssm:GetParameter failed: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:us-east-1:123456789012:parameter/rolecall/genesys because no identity-based policy allows the ssm:GetParameter action (AccessDeniedException, request [id]); the caller needs the permission ssm:GetParameter
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
}

#[cfg(not(feature = "ssm"))]
#[test]
fn a_build_without_ssm_says_so_before_the_first_call() {
    let stage = stage("parameter = \"/rolecall/genesys\"", None);
    insta::assert_snapshot!(whoami(&stage).whole(), @r"
    exit 2
    -- stderr
    error[E12]: [genesys.credentials] names the parameter `/rolecall/genesys`, and this rolecall was built without SSM; build it with `--features ssm`, or keep the OAuth client in Secrets Manager (`secret`)
    ");
    assert_eq!(stage.calls().len(), 0);
}
