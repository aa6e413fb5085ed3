//! Time and memory are bounded: whoever answers as no service should does not keep a command for longer than its
//! deadline, and not at more than a stated size.

use std::time::{Duration, Instant};

use rolecall::sandbox::State;

use super::hostile::{Answer, Hostile};
use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};
use super::views::named;

/// What a command may take beyond its deadline: starting, and this machine's other work.
const SLACK: Duration = Duration::from_secs(30);

const ALL: &[&str] = &[" HTTP/1.1"];
const SILENCES: [Answer; 3] = [Answer::Nothing, Answer::HeadersOnly, Answer::Drip];

/// Runs the command with this server in the place of AWS and Genesys Cloud.
#[track_caller]
fn run(stage: &Stage, hostile: &Hostile, arguments: &[&str], at_most: Duration) -> Run {
    let mut command = stage.client_command(arguments);
    command.env("AWS_ENDPOINT_URL", &hostile.url).env("GENESYSCLOUD_REGION", &hostile.url);
    let start = Instant::now();
    let run: Run = command.output().unwrap().into();
    let took = start.elapsed();
    assert!(took < at_most + SLACK, "{took:?} for {arguments:?}\n{}\n{}", run.stdout, run.stderr);
    run
}

fn before(stage: &Stage, texts: &'static [&'static str], answer: Answer) -> Hostile {
    Hostile::before(&stage.sandbox.endpoint_url(), texts, answer)
}

/// Which of the calls that go out together is the first to be given up, nobody knows; nor whether another one was sent at all.
fn whichever_call(said: &str) -> String {
    let call = regex::Regex::new(r"\b(sts|iam|lambda):[A-Z]\w+ failed: ").unwrap();
    let said = call.replace_all(said, "[a call] failed: ");
    said.replace(
        "the command's deadline of 2 s has passed, so this call was not sent",
        "no answer before the command's deadline of 2 s",
    )
}

const TWO: Duration = Duration::from_secs(2);

#[test]
fn an_endpoint_that_does_not_answer_ends_every_command_at_its_deadline() {
    let stage = Stage::new();
    for silence in SILENCES {
        let hostile = before(&stage, ALL, silence);
        let mut said = String::new();
        for command in [
            &["plan"][..],
            &["drift"],
            &["apply", "--yes"],
            &["verify", "--level", "live"],
            &["destroy", "--yes"],
            &["genesys", "whoami"],
            &["genesys", "audit"],
        ] {
            let run = run(&stage, &hostile, &[command, &["--deadline", "2"]].concat(), TWO);
            said += &named(command.join(" "), &run.whole());
        }
        said = whichever_call(&said);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said, @"
            === plan
            exit 1
            -- stderr
            warning: the manifest's organization_id was not compared with the live one: GET /api/v2/organizations/me failed: no answer before the command's deadline of 2 s
            error[E21]: [a call] failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            === drift
            exit 1
            -- stderr
            error[E21]: [a call] failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            === apply --yes
            exit 1
            -- stderr
            warning: the manifest's organization_id was not compared with the live one: GET /api/v2/organizations/me failed: no answer before the command's deadline of 2 s
            error[E21]: nothing was changed: [a call] failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            === verify --level live
            exit 1
            -- stderr
            warning: the manifest's organization_id was not compared with the live one: GET /api/v2/organizations/me failed: no answer before the command's deadline of 2 s
            error[E21]: [a call] failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            === destroy --yes
            exit 1
            -- stderr
            error[E21]: nothing was changed in AWS or Genesys Cloud: [a call] failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            === genesys whoami
            exit 1
            -- stderr
            error[E21]: GET /api/v2/organizations/me failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            === genesys audit
            exit 1
            -- stderr
            error[E21]: POST /api/v2/audits/query failed: no answer before the command's deadline of 2 s
            hint: repeat the command, if necessary with a longer --deadline
            ");
        }
    }
}

#[test]
fn a_secret_that_does_not_come_ends_at_the_deadline() {
    let secret = "\n[genesys.credentials]\nsecret = \"arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys-AbCdEf\"\n\n[role]";
    let stage = Stage::with(&manifest(ONE_TARGET).replace("\n[role]", secret), State::demo());
    let hostile = before(&stage, &["GetSecretValue"], Answer::Nothing);
    let run = run(&stage, &hostile, &["genesys", "whoami", "--deadline", "2"], TWO);
    insta::assert_snapshot!(run.whole(), @"
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys-AbCdEf`: secretsmanager:GetSecretValue failed: no answer before the command's deadline of 2 s
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
    assert!(hostile.hits() > 0);
}

/// The operations of each service that a command calls, one after the other silent.
#[test]
fn one_silent_operation_of_any_service_is_enough() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    for (command, texts) in [
        (&["plan"][..], &["Action=GetCallerIdentity"][..]),
        (&["plan"], &["Action=ListRolePolicies"]),
        (&["plan"], &["/2015-03-31/functions"]),
        (&["verify", "--level", "live"], &["Action=AssumeRole"]),
        (&["verify", "--level", "live"], &["Action=SimulatePrincipalPolicy"]),
    ] {
        let hostile = before(&stage, texts, Answer::Nothing);
        let run = run(&stage, &hostile, &[command, &["--deadline", "2"]].concat(), TWO);
        assert!(hostile.hits() > 0, "{texts:?} was not asked");
        assert_ne!(run.status, 0, "{}", run.stdout);
    }
}

#[test]
fn a_write_under_way_at_the_deadline_may_have_been_carried_out() {
    let stage = Stage::new();
    let hostile = before(&stage, &["Action=CreateRole"], Answer::Nothing);
    let run = run(&stage, &hostile, &["apply", "--yes", "--deadline", "3"], Duration::from_secs(3)).expect(1);
    insta::assert_snapshot!(run.stderr, @"
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
    error[E25]: create role GenesysDataActionRole: this may have been carried out, but no answer confirms it: iam:CreateRole failed: no answer before the command's deadline of 3 s
      done:
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      not tried:
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    hint: repeat the command, if necessary with a longer --deadline; it reads what is there, and goes on from that
    ");
}

#[test]
fn what_was_done_before_the_deadline_is_reported_as_done() {
    let stage = Stage::new();
    let hostile = before(&stage, &["Action=AttachRolePolicy"], Answer::Nothing);
    let arguments = ["apply", "--yes", "--deadline", "3", "--output", "json"];
    let json = run(&stage, &hostile, &arguments, Duration::from_secs(3)).expect(1).json();
    let operations = |part: &str| {
        let changes = json["applied"][part].as_array().cloned().unwrap_or_default();
        changes.iter().map(|it| it["operation"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(operations("done"), ["iam:CreateRole", "iam:CreatePolicy"]);
    assert_eq!(json["applied"]["failed"]["operation"], "iam:AttachRolePolicy");
    assert_eq!(json["applied"]["failed"]["outcome"], "unknown");
    assert!(stage.sandbox.state().accounts["123456789012"].roles.contains_key(&ROLE.to_lowercase()));
}

#[test]
fn a_twin_is_removed_although_the_deadline_has_passed() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let hostile = before(&stage, &["Action=AssumeRole&"], Answer::Nothing);
    let arguments = ["verify", "--level", "twin", "--deadline", "5"];
    let run = run(&stage, &hostile, &arguments, Duration::from_secs(5));
    assert_ne!(run.status, 0, "{}", run.stdout);
    assert!(hostile.hits() > 0);
    let roles: Vec<String> = stage.sandbox.state().accounts["123456789012"].roles.keys().cloned().collect();
    assert!(roles.iter().all(|role| !role.contains("twin")), "{roles:?}\n{}", run.stderr);
}

#[test]
fn a_list_whose_marker_comes_again_is_an_error_at_once() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let hostile =
        before(&stage, &["Action=ListRolePolicies"], Answer::Page("text/xml", |_| inline_policies("m")));
    insta::assert_snapshot!(run(&stage, &hostile, &["plan"], Duration::ZERO).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      unknown    what a session can do
                 iam:ListRolePolicies failed: the list does not end: the same page marker came twice
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: not decided: a session can only invoke the target functions; iam:ListRolePolicies failed: the list does not end: the same page marker came twice (exit code 1)
    -- stderr
    error[E26]: iam:ListRolePolicies failed: the list does not end: the same page marker came twice
    ");
    assert_eq!(hostile.hits(), 2);
}

#[test]
fn a_list_with_ever_new_markers_ends_at_the_deadline_or_at_the_most_pages() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let fresh = Answer::Page("text/xml", |number| inline_policies(&format!("m{number}")));
    let hostile = before(&stage, &["Action=ListRolePolicies"], fresh);
    let run = run(&stage, &hostile, &["plan", "--deadline", "3"], Duration::from_secs(3)).expect(1);
    let is_either = run.stderr.contains("deadline of 3 s") || run.stderr.contains("more than 2000 pages");
    assert!(is_either && hostile.hits() <= 2000, "{} after {}", run.stderr, hostile.hits());
}

fn inline_policies(marker: &str) -> String {
    format!(
        "<ListRolePoliciesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolePoliciesResult>\
         <PolicyNames/><IsTruncated>true</IsTruncated><Marker>{marker}</Marker></ListRolePoliciesResult>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListRolePoliciesResponse>"
    )
}

#[test]
fn a_body_that_does_not_end_is_refused_at_its_limit() {
    let stage = Stage::new();
    let hostile = before(&stage, ALL, Answer::Endless);
    let plan = run(&stage, &hostile, &["plan"], Duration::from_secs(20));
    insta::assert_snapshot!(whichever_call(&plan.whole()), @"
    exit 1
    -- stderr
    warning: the manifest's organization_id was not compared with the live one: POST /oauth/token failed: the answer of `127.0.0.1:[port]` has more than 16 MiB
    error[E26]: [a call] failed: unexpected answer: it has more than 64 MiB
    ");
    let whoami = run(&stage, &hostile, &["genesys", "whoami"], Duration::from_secs(10));
    insta::assert_snapshot!(whoami.whole(), @"
    exit 1
    -- stderr
    error[E26]: POST /oauth/token failed: the answer of `127.0.0.1:[port]` has more than 16 MiB
    hint: a proxy, a login page or a mock may have answered instead of Genesys Cloud
    ");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_wherever_a_file_is_named() {
    let stage = Stage::new();
    let pipe = stage.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let folder = stage.folder.path().join("own");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("trust.json")).unwrap();
    let state = stage.folder.path().join(".rolecall");
    std::fs::create_dir(&state).unwrap();
    std::os::unix::fs::symlink(&pipe, state.join("sandbox.json")).unwrap();
    for arguments in [
        &["plan", "--file", "pipe"][..],
        &["plan", "--file", "/dev/zero"],
        &["plan", "--policies", "own"],
        &["render", "--policies", "own"],
        &["apply", "pipe"],
        &["prove", "/dev/zero"],
        &["simulate", "/dev/zero"],
        &["genesys", "action", "import", "/dev/zero", "--category", "c"],
        &["target", "add", "f", "--file", "pipe", "--sandbox"],
        &["plan", "--sandbox"],
    ] {
        let start = Instant::now();
        let run = stage.run(arguments);
        assert!(start.elapsed() < SLACK, "{arguments:?}");
        assert!(run.stderr.contains("not a regular file"), "{arguments:?}: {}\n{}", run.status, run.stderr);
    }
    insta::assert_snapshot!(stage.run(&["prove", "/dev/zero"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read `/dev/zero`: it is a device, not a regular file
    hint: pipe the text into rolecall and name `-`, which is standard input
    ");
    let start = Instant::now();
    insta::assert_snapshot!(stage.run(&["prove", "pipe"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read `pipe`: it is a pipe, and nothing opened it for writing within 5 s
    ");
    assert!(start.elapsed() < SLACK);
}

/// `prove <(terraform show -json plan)`: a shell puts a pipe in the place of the file.
#[cfg(unix)]
#[test]
fn a_pipe_of_the_shell_is_read_like_a_file() {
    let stage = Stage::new();
    stage.write("policy.json", r#"{"Version": "2012-10-17", "Statement": []}"#);
    let pipe = stage.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let proved = |file: &str| {
        let run = stage.run(&["prove", file]);
        (run.status, run.stdout.replace(file, "FILE"), run.stderr.replace(file, "FILE"))
    };
    let from_a_file = proved("policy.json");
    let to = pipe.clone();
    let text = std::fs::read(stage.folder.path().join("policy.json")).unwrap();
    let writer = std::thread::spawn(move || std::fs::write(to, text));
    assert_eq!(proved("pipe"), from_a_file);
    writer.join().unwrap().unwrap();
}
