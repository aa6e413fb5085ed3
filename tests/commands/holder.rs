//! What the holders of the rendered policies can reach: `prove --provisions` on what `render` prints.

use serde_json::{Value, json};

use super::{EXTERNAL_ID, FUNCTION, binary, rolecall_reading};
use crate::scenarios::stage::Run;

const ROLE: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary";
const RENDERED: [&str; 3] = ["provisioner", "verifier", "twin"];

/// A folder with a manifest, and the boundary that rolecall renders for it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(boundary: Option<&str>) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let boundary = boundary.map(|it| format!("permissions_boundary = \"{it}\"\n")).unwrap_or_default();
        let manifest = format!(
            "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"{EXTERNAL_ID}\"\n[role]\n\
             name = \"GenesysDataActionRole\"\n{boundary}[[target]]\nfunction = \"my-genesys-trigger-function\"\n"
        );
        std::fs::write(folder.path().join("rolecall.toml"), manifest).unwrap();
        let folder = Self(folder);
        std::fs::write(folder.0.path().join("boundary.json"), folder.render("boundary").stdout).unwrap();
        folder
    }

    fn render(&self, document: &str) -> Run {
        let arguments = ["render", document, "--account", "123456789012", "--region", "us-east-1"];
        Run::from(binary(self.0.path()).args(arguments).output().unwrap()).expect(0)
    }

    /// Proves it of a policy whose holder must keep the role under rolecall's boundary.
    fn prove(&self, policy: &str, more: &[&str]) -> Run {
        let file = self.0.path().join("boundary.json");
        let bounded = ["--boundary", BOUNDARY, "--boundary-policy", file.to_str().unwrap()];
        prove(policy, &[&bounded[..], more].concat())
    }
}

fn prove(policy: &str, more: &[&str]) -> Run {
    let arguments = ["prove", "-", "--provisions", ROLE, "--target", FUNCTION];
    rolecall_reading(policy, &[&arguments[..], more].concat())
}

#[test]
fn no_holder_of_a_rendered_policy_gets_beyond_the_targets() {
    let folder = Folder::new(Some("targets"));
    for name in RENDERED {
        let run = folder.prove(&folder.render(name).stdout, &[]).expect(0);
        assert!(run.stdout.ends_with("Result: proved\n"), "{name}: {}", run.stdout);
    }
    insta::assert_snapshot!(folder.prove(&folder.render("provisioner").stdout, &[]).stdout);
    // All three in one hand, too.
    let statements: Vec<Value> = RENDERED
        .iter()
        .flat_map(|name| folder.render(name).json()["Statement"].as_array().unwrap().clone())
        .map(|mut statement| {
            statement.as_object_mut().unwrap().remove("Sid");
            statement
        })
        .collect();
    folder.prove(&json!({"Version": "2012-10-17", "Statement": statements}).to_string(), &[]).expect(0);
}

#[test]
fn without_a_boundary_the_provisioner_is_an_administrator_and_the_others_are_not() {
    let folder = Folder::new(None);
    for name in ["verifier", "twin"] {
        prove(&folder.render(name).stdout, &[]).expect(0);
    }
    let provisioner = folder.render("provisioner");
    insta::assert_snapshot!("warning", provisioner.stderr);
    insta::assert_snapshot!("chain", prove(&provisioner.stdout, &[]).expect(4).stdout);
    let report = prove(&provisioner.stdout, &["--output", "json"]).expect(4).json();
    let chain = report["claims"][0]["witness"].as_array().unwrap();
    let actions: Vec<&str> = chain.iter().map(|step| step["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        ["iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy", "sts:AssumeRole", "iam:PassRole"]
    );
}

/// The provisioner policy before it had conditions, as it was rendered for a manifest with a boundary.
#[test]
fn a_boundary_that_nothing_insists_on_holds_nobody() {
    let policies = "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/*";
    let old = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"], "Resource": ROLE},
        {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": ROLE,
            "Condition": {"ArnLike": {"iam:PolicyARN": policies}}},
        {"Effect": "Allow", "Action": ["iam:CreatePolicy", "iam:CreatePolicyVersion"], "Resource": policies}]});
    insta::assert_snapshot!(Folder::new(Some("targets")).prove(&old.to_string(), &[]).whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      refuted    by creating, changing and assuming roles, the holder cannot get beyond the target functions
                 1. the holder creates the role `arn:aws:iam::123456789012:role/GenesysDataActionRole` without a permissions boundary, with a trust policy that names the holder
                 2. the holder creates the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke`, which allows everything
                 3. the holder attaches the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` to the role
                 4. the holder assumes the role `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                 5. a session of the role can call `iam:PassRole` on `arn:aws:iam::123456789012:role/another-role`, because statement 1 of `everything` allows it

    Result: refuted
    ");
}

#[test]
fn what_a_boundary_of_ones_own_allows_the_holder_can_reach() {
    let own = "arn:aws:iam::123456789012:policy/company";
    let folder = Folder::new(Some(own));
    let provisioner = folder.render("provisioner");
    insta::assert_snapshot!("own_boundary", provisioner.stderr);
    let wide = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let file = folder.0.path().join("wide.json");
    std::fs::write(&file, wide.to_string()).unwrap();
    let known = prove(&provisioner.stdout, &["--boundary", own, "--boundary-policy", file.to_str().unwrap()]);
    insta::assert_snapshot!(known.whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      refuted    by creating, changing and assuming roles, the holder cannot get beyond the target functions
                 1. the holder creates the role `arn:aws:iam::123456789012:role/GenesysDataActionRole` with the permissions boundary `arn:aws:iam::123456789012:policy/company`, with a trust policy that names the holder
                 2. the holder creates the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke`, which allows everything
                 3. the holder attaches the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` to the role
                 4. the holder assumes the role `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                 5. a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `everything` allows it

    Result: refuted
    ");
    insta::assert_snapshot!(prove(&provisioner.stdout, &["--boundary", own]).whole(), @"
    exit 5
    -- stdout
    Identity policy standard input
      unknown    by creating, changing and assuming roles, the holder cannot get beyond the target functions
                 what the boundary `arn:aws:iam::123456789012:policy/company` allows is not known

    Result: unknown
    ");
}
