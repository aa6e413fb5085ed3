//! The rendered provisioner policy reads the secrets that the manifest names, and no other.

use rolecall::sandbox::{CUSTOMER, Principal, Secret, State};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stage::{ONE_TARGET, Stage, manifest};

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:notify-Ab12Cd";

#[tokio::test]
async fn the_provisioner_policy_reads_the_secret_that_the_manifest_names() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let without = manifest(ONE_TARGET);
    let with = format!(
        "{without}\n[notify]\non = \"always\"\nwebhook = \"{}\"\nsecret = \"{SECRET}\"\n",
        server.uri()
    );
    let stage = Stage::with(&with, State::demo()).acting_as(Principal::Verifier);
    let change = |change: &dyn Fn(&mut State)| stage.sandbox.change(change).unwrap();
    change(&|state| {
        let account = state.accounts.get_mut(CUSTOMER).unwrap();
        let value = "canary-of-secrets-manager".to_owned();
        let secret = Secret { arn: SECRET.to_owned(), version: "one".to_owned(), value, created: 0 };
        account.secrets.entry("us-east-1".to_owned()).or_default().insert("notify".to_owned(), secret);
    });
    // The run's standard error under the policy that another manifest renders.
    let applied = |rendered_from: &str| {
        stage.write("rendered.toml", rendered_from);
        let render = ["render", "provisioner", "--account", "123456789012", "--region", "us-east-1"];
        let provisioner = stage.run(&[&render[..], &["--file", "rendered.toml"]].concat()).expect(0).stdout;
        change(&|state| {
            let user = state.accounts.get_mut(CUSTOMER).unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("provisioner".to_owned(), provisioner.clone());
        });
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0).stderr
    };
    let refused = applied(&without);
    assert!(refused.contains("not authorized to perform: secretsmanager:GetSecretValue"), "{refused}");
    assert_eq!(applied(&with), "");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}
