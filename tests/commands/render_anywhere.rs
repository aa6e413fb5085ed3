//! One CloudFormation template for every account: what differs between accounts is a pseudo parameter, and nothing else is.

use crate::scenarios::stage::{EXTERNAL_ID, ONE_TARGET, binary, manifest};

use super::rolecall_reading;

const PRINCIPAL: &str = "arn:aws:iam::765628985471:root";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:444455556666:function:my-genesys-trigger-function";

fn render(manifest: &str, more: &[&str]) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("rolecall.toml"), manifest).unwrap();
    let arguments = ["render", "--format", "cloudformation", "--region", "us-east-1"];
    let rendered = binary(folder.path()).args(arguments).args(more).output().unwrap();
    assert!(rendered.status.success(), "{rendered:?}");
    String::from_utf8(rendered.stdout).unwrap()
}

fn plain() -> String {
    manifest(ONE_TARGET).split("[verify]").next().unwrap().to_owned()
}

#[test]
fn a_template_without_an_account_fits_every_account() {
    let bounded = plain().replace("[role]\n", "[role]\npermissions_boundary = \"targets\"\n");
    insta::assert_snapshot!(render(&bounded, &[]), @r#"
    {
      "AWSTemplateFormatVersion": "2010-09-09",
      "Description": "The role that Genesys Cloud assumes to invoke Lambda functions",
      "Resources": {
        "Role": {
          "Type": "AWS::IAM::Role",
          "Properties": {
            "RoleName": "GenesysDataActionRole",
            "Path": "/",
            "Description": "Assumed by Genesys Cloud to invoke Lambda functions.",
            "MaxSessionDuration": 3600,
            "AssumeRolePolicyDocument": {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Effect": "Allow",
                  "Principal": {
                    "AWS": [
                      "arn:aws:iam::765628985471:root"
                    ]
                  },
                  "Action": "sts:AssumeRole",
                  "Condition": {
                    "StringEquals": {
                      "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
                    }
                  }
                }
              ]
            },
            "PermissionsBoundary": {
              "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/rolecall-boundary/GenesysDataActionRole-boundary"
            }
          }
        },
        "Invoke1": {
          "Type": "AWS::IAM::ManagedPolicy",
          "Properties": {
            "ManagedPolicyName": "GenesysDataActionRole-invoke",
            "Path": "/rolecall/GenesysDataActionRole/",
            "Roles": [
              {
                "Ref": "Role"
              }
            ],
            "PolicyDocument": {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Effect": "Allow",
                  "Action": "lambda:InvokeFunction",
                  "Resource": [
                    {
                      "Fn::Sub": "arn:${AWS::Partition}:lambda:us-east-1:${AWS::AccountId}:function:my-genesys-trigger-function"
                    }
                  ]
                }
              ]
            }
          }
        }
      },
      "Outputs": {
        "RoleArn": {
          "Value": {
            "Fn::GetAtt": [
              "Role",
              "Arn"
            ]
          }
        }
      }
    }
    "#);
}

/// The stack in an account is what `render --account` says for this account.
#[test]
fn in_its_account_the_template_is_the_one_for_the_account() {
    let awkward =
        plain().replace("[role]\n", "[role]\npath = \"/a${b}/\"\npermissions_boundary = \"targets\"\n");
    for manifest in [plain(), awkward] {
        let anywhere: serde_json::Value = serde_json::from_str(&render(&manifest, &[])).unwrap();
        let here: serde_json::Value =
            serde_json::from_str(&render(&manifest, &["--account", "444455556666"])).unwrap();
        assert_ne!(anywhere, here);
        assert_eq!(substituted(anywhere), here);
    }
}

/// `Fn::Sub` as CloudFormation documents it, in one account.
fn substituted(node: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match node {
        Value::Object(members) => match members.get("Fn::Sub").and_then(Value::as_str) {
            Some(text) => {
                let text =
                    text.replace("${AWS::AccountId}", "444455556666").replace("${AWS::Partition}", "aws");
                text.replace("${!", "${").into()
            }
            None => members
                .into_iter()
                .map(|(key, value)| (key, substituted(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        },
        Value::Array(elements) => elements.into_iter().map(substituted).collect(),
        other => other,
    }
}

/// A target in a stated account stays there, and digits in the manifest are never taken for the stack's account.
#[test]
fn what_the_manifest_states_stays() {
    let stated = "[[target]]\nfunction = \"arn:aws:lambda:us-east-1:000000000000:function:central\"\n";
    let manifest = manifest(&format!("{ONE_TARGET}{stated}"));
    let rendered = render(manifest.split("[verify]").next().unwrap(), &[]);
    assert!(rendered.contains("\"arn:aws:lambda:us-east-1:000000000000:function:central\""), "{rendered}");
    let own = "arn:${AWS::Partition}:lambda:us-east-1:${AWS::AccountId}:function:my-genesys-trigger-function";
    assert!(rendered.contains(&format!("\"Fn::Sub\": \"{own}\"")), "{rendered}");
}

#[test]
fn it_is_proved_for_an_account() {
    let template = render(&plain(), &[]);
    let intent = ["prove", "-", "--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION];
    let place = ["--parameter", "AWS::AccountId=444455556666", "--parameter", "AWS::Partition=aws"];
    let reading = |arguments: &[&str]| rolecall_reading(template.clone().into_bytes(), arguments);
    let proved = reading(&[&intent[..], &place].concat()).expect(0);
    assert!(proved.stdout.ends_with("Result: proved\n"), "{}", proved.stdout);
    let unstated = reading(&intent);
    assert_ne!(unstated.status, 0);
    let hint = "state it with --parameter AWS::AccountId=VALUE";
    assert!(
        format!("{}{}", unstated.stdout, unstated.stderr).contains(hint),
        "{} {}",
        unstated.stdout,
        unstated.stderr
    );
}
