//! One side alone: an administrator without AWS, an engineer without Genesys Cloud. The other side's credentials are absent in every
//! form, and nobody looks for them where they could only cost time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::genesys::applied;
use super::stage::{ONE_TARGET, Run, Stage, binary, manifest};
use super::views::named;

pub(crate) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";

/// Stands where a machine in AWS finds its credentials and its region, and counts who asks.
struct Metadata {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Metadata {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { address, asked }
    }

    /// A command for which this is all there is of AWS.
    fn alone(&self, mut command: Command) -> Command {
        command
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{}", self.address))
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/", self.address));
        command
    }

    /// How often somebody asked since the last time.
    fn asked(&self) -> usize {
        // Connections are accepted in their order: once this one was answered, all before it were counted.
        let mut own = TcpStream::connect(&self.address).unwrap();
        own.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let _ = own.read(&mut [0; 16]);
        self.asked.swap(0, Ordering::SeqCst) - 1
    }
}

/// Somebody with an OAuth client, and without anything of AWS.
pub(crate) fn administrator(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = binary(stage.folder.path());
    command.args(arguments).envs(stage.sandbox.genesys_environment());
    command
}

/// The manifest with the account of the role, as whoever has AWS says it.
fn with_account(stage: &Stage) {
    let path = stage.folder.path().join("rolecall.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}\n[aws]\naccount = \"123456789012\"\n")).unwrap();
}

#[test]
fn commands_about_genesys_cloud_never_look_for_aws() {
    let stage = applied();
    with_account(&stage);
    let metadata = Metadata::new();
    let mut said = String::new();
    for arguments in [
        ["genesys", "whoami"].as_slice(),
        &["genesys", "audit"],
        &["genesys", "action", "list"],
        &["genesys", "action", "test", "Get order status", "--yes"],
        &["genesys", "action", "export", "Get order status"],
        &["genesys", "connect", "--role-arn", ROLE_ARN, "--yes"],
        &["genesys", "connect", "--role-arn", ROLE_ARN, "--with-actions", "--region", "us-east-1", "--yes"],
    ] {
        let run: Run = metadata.alone(administrator(&stage, arguments)).output().unwrap().into();
        let run = run.expect(0);
        let verdict = run.stdout.lines().find(|line| line.starts_with("Result:")).unwrap_or("no verdict");
        said += &format!("{}\n  {verdict}\n", arguments.join(" "));
        assert_eq!(metadata.asked(), 0, "{arguments:?}");
    }
    insta::assert_snapshot!(said, @"
    genesys whoami
      Result: done: the OAuth client belongs to the organization of the manifest
    genesys audit
      no verdict
    genesys action list
      no verdict
    genesys action test Get order status --yes
      Result: done: action Get order status succeeded
    genesys action export Get order status
      no verdict
    genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --yes
      Result: no changes; AWS was not looked at (--role-arn)
    genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --with-actions --region us-east-1 --yes
      Result: no changes; AWS was not looked at (--role-arn)
    ");
    // The same place is asked by a command that needs AWS, so the count can be anything but 0.
    let run: Run =
        metadata.alone(administrator(&stage, &["plan", "--region", "us-east-1"])).output().unwrap().into();
    run.expect(1);
    assert_ne!(metadata.asked(), 0);
}

#[test]
fn what_needs_aws_says_so_and_names_the_other_way() {
    let stage = applied();
    let mut said = String::new();
    for arguments in [["genesys", "action", "list"].as_slice(), &["genesys", "connect", "--yes"]] {
        let run: Run = administrator(&stage, arguments).output().unwrap().into();
        said += &named(arguments.join(" "), &run.standard_error());
    }
    // Of a failed action, that it failed is known without AWS.
    stage.sandbox.change(|state| state.accounts.get_mut("123456789012").unwrap().roles.clear()).unwrap();
    for arguments in [
        ["genesys", "action", "test", "Get order status", "--yes", "--role-arn", ROLE_ARN].as_slice(),
        &["genesys", "action", "list", "--role-arn", "arn:aws:iam::123456789012:role/Another"],
    ] {
        let run: Run = administrator(&stage, arguments).output().unwrap().into();
        said += &named(arguments.join(" "), &run.whole());
    }
    let text = manifest(ONE_TARGET).replace(
        "[role]",
        "[genesys.credentials]\nsecret = \"arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf\"\n\n[role]",
    );
    stage.write("rolecall.toml", &text);
    let run: Run = administrator(&stage, &["genesys", "whoami"]).output().unwrap().into();
    said += &named("a secret of AWS", &run.expect(1).whole());
    insta::assert_snapshot!(said, @"
    === genesys action list
    exit 1
    -- stderr
    error[E14]: sts:GetCallerIdentity failed: no AWS credentials were found
    hint: without credentials for AWS, name the role: --role-arn ARN, or `account` in [aws] of the manifest (whoever has AWS writes both into the file of `rolecall handover write`)
    === genesys connect --yes
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === genesys action test Get order status --yes --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole
    exit 4
    -- stdout
      failed     action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 User: arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/GenesysDataActionRole
                 ✓ Validate input against schema
                 ✓ Resolve request body template
                 ✗ Execute
                 contextId [id]
                 AWS was not asked why: --role-arn names the role

    Result: refuted: action Get order status failed (exit code 4)
    === genesys action list --role-arn arn:aws:iam::123456789012:role/Another
    exit 2
    -- stderr
    error[E1]: `arn:aws:iam::123456789012:role/Another` is not the role of the manifest, whose name is `GenesysDataActionRole`
    hint: name the role that the manifest describes, or correct [role] and `account` in [aws] of the manifest
    === a secret of AWS
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf`: secretsmanager:GetSecretValue failed: no AWS credentials were found
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
}

#[test]
fn an_engineer_without_genesys_cloud_is_told_what_nobody_looked_at() {
    let stage = applied();
    let mut said = String::new();
    for arguments in [
        ["plan"].as_slice(),
        &["plan", "--side", "aws"],
        &["apply", "--side", "aws", "--yes", "--level", "paper"],
        &["drift", "--side", "aws"],
        &["verify", "--level", "paper"],
        &["destroy", "--yes"],
    ] {
        said += &named(arguments.join(" "), &stage.run(arguments).headlines());
    }
    insta::assert_snapshot!(said, @"
    === plan
    exit 2
    -- stderr
    error[E30]: GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET are not set: no OAuth client for Genesys Cloud
    hint: set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION, or name a secret of AWS Secrets Manager or a parameter of SSM in [genesys.credentials]; Genesys Cloud makes OAuth clients under Admin > Integrations > OAuth, grant type client credentials; without access to Genesys Cloud, give `plan`, `apply` and `drift` the option `--side aws`
    === plan --side aws
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest.
    After apply
    Result: AWS matches the manifest; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)
    === apply --side aws --yes --level paper
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest.
    Verification
    Result: no changes; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)
    === drift --side aws
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest.
    As it is in AWS
    Result: AWS matches the manifest; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)
    === verify --level paper
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Result: every claim about the role is proved; Genesys Cloud was not looked at (no usable credentials)
    === destroy --yes
    exit 2
    -- stderr
    error[E30]: GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET are not set: no OAuth client for Genesys Cloud
    hint: set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION, or name a secret of AWS Secrets Manager or a parameter of SSM in [genesys.credentials]; Genesys Cloud makes OAuth clients under Admin > Integrations > OAuth, grant type client credentials; without access to Genesys Cloud, give `plan`, `apply` and `drift` the option `--side aws`
    ");
    for arguments in [["plan"].as_slice(), &["drift"], &["apply", "--yes"]] {
        let report =
            stage.run(&[arguments, &["--side", "aws", "--output", "json"]].concat()).expect(0).json();
        assert_eq!(report["unexamined"]["reason"], "--side aws", "{arguments:?}");
        assert!(report["genesys"].is_null(), "{arguments:?}");
    }
    let report = stage.run(&["verify", "--output", "json"]).expect(0).json();
    assert_eq!(report["unexamined"]["reason"], "no usable credentials");
}

/// The administrator's last line, and the same for programs: nothing is claimed of AWS, whether or not something was written.
#[test]
fn with_the_role_named_nothing_is_said_of_aws() {
    let stage = applied();
    let connect = ["genesys", "connect", "--role-arn", ROLE_ARN, "--yes"];
    let run = |arguments: &[&str]| Run::from(administrator(&stage, arguments).output().unwrap());
    let mut said = named("nothing to change", &run(&connect).whole());
    let report = run(&[&connect[..], &["--output", "json"]].concat()).expect(0).json();
    assert_eq!(report["unexamined"], serde_json::json!({"service": "AWS", "reason": "--role-arn"}));
    stage.sandbox.change(|state| state.genesys.integrations.clear()).unwrap();
    said += &named("after changes", &run(&connect).headlines());
    insta::assert_snapshot!(said, @"
    === nothing to change
    exit 0
    -- stdout
    AWS was not asked. Ask the AWS team to run `rolecall verify`: it shows whether the role exists, trusts this organization and may invoke the functions.

      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
    No changes: everything that was compared in Genesys Cloud matches the manifest.

    Result: no changes; AWS was not looked at (--role-arn)
    === after changes
    exit 0
    -- stdout
    AWS was not asked. Ask the AWS team to run `rolecall verify`: it shows whether the role exists, trusts this organization and may invoke the functions.
    2 to create, 2 to change, 0 to delete.
    4 changes made.
    Result: 4 changes made; AWS was not looked at (--role-arn)
    ");
}

/// Every format that a step of CI reads says what nobody looked at, with and without something wrong.
#[test]
fn every_format_says_which_side_was_left_out() {
    let stage = applied();
    let mut said = String::new();
    for state in ["in sync", "drift"] {
        for format in ["junit", "sarif", "github", "markdown", "html"] {
            let run = stage.run(&["drift", "--side", "aws", "--output", format]);
            let lines = run.stdout.lines().filter(|line| line.contains("not looked at"));
            let lines = lines.map(|line| format!("  {}\n", line.trim())).collect::<String>();
            said += &format!("{state}, {format}\n{lines}");
        }
        if state == "in sync" {
            stage.tamper(rolecall::sandbox::Tamper::MaxSession);
        }
    }
    insta::assert_snapshot!(said, @r#"
    in sync, junit
      <skipped message="not looked at (--side aws)"/>
    in sync, sarif
      "text": "Genesys Cloud was not looked at (--side aws)"
    in sync, github
      ::notice title=rolecall drift::AWS matches the manifest; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)
    in sync, markdown
      ## rolecall drift: AWS matches the manifest; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)
    in sync, html
      <p class="verdict good">AWS matches the manifest; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)</p>
    drift, junit
      <skipped message="not looked at (--side aws)"/>
    drift, sarif
      "text": "Genesys Cloud was not looked at (--side aws)"
    drift, github
      ::notice title=rolecall drift::Genesys Cloud was not looked at (--side aws)
    drift, markdown
      ## rolecall drift: pending: 1 difference; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)
    drift, html
      <p class="verdict unknown">Pending: 1 difference; every claim about the role is proved; Genesys Cloud was not looked at (--side aws)</p>
    "#);
}

/// The figures are missing because of the option, not because of the manifest.
#[test]
fn figures_of_a_side_that_was_left_out_are_not_said_to_be_unwanted() {
    let stage = applied();
    let run = stage.run(&["drift", "--side", "aws", "--with-metrics"]);
    let lines = run.stdout.lines().filter(|line| line.contains("Genesys Cloud:") || line.contains("Result:"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
      Genesys Cloud: not looked at (--side aws)
    Result: AWS matches the manifest; every claim about the role is proved; no requests are known; Genesys Cloud was not looked at (--side aws)
    ");
}
