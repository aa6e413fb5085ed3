//! Roles for other integrations: recordings in a bucket, bots of Lex, Polly; with functions and without.

use rolecall::sandbox::{State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};

const RECORDINGS: &str = r#"[[grant]]
kind = "s3-recordings"
bucket = "acme-recordings"
prefix = "genesys/"
kms_key = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
"#;

const EVERYTHING: &str = r#"[[grant]]
kind = "s3-recordings"
bucket = "acme-recordings"

[[grant]]
kind = "lex"
bot = "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:prod"

[[grant]]
kind = "lex-v2"
bot_alias = "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST"

[[grant]]
kind = "polly"
"#;

fn stage(targets: &str) -> Stage {
    Stage::with(&manifest(targets), State::demo())
}

#[test]
fn the_life_of_a_recordings_bucket() {
    let before = State::demo();
    let stage = stage(RECORDINGS);
    insta::assert_snapshot!(stage.run(&["plan"]).expect(0).stdout, @r#"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      grants      s3-recordings `acme-recordings/genesys/`

      + create role GenesysDataActionRole
            {
              "description": "Assumed by Genesys Cloud.",
              "max_session_duration": 3600,
              "path": "/",
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              },
              "trust": {
                "Statement": [
                  {
                    "Action": "sts:AssumeRole",
                    "Condition": {
                      "StringEquals": {
                        "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
                      }
                    },
                    "Effect": "Allow",
                    "Principal": {
                      "AWS": [
                        "arn:aws:iam::765628985471:root",
                        "arn:aws:iam::123456789012:role/ci"
                      ]
                    }
                  }
                ],
                "Version": "2012-10-17"
              }
            }
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": [
                      "s3:GetBucketLocation",
                      "s3:GetEncryptionConfiguration"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:s3:::acme-recordings"
                    ]
                  },
                  {
                    "Action": [
                      "s3:PutObject",
                      "s3:PutObjectAcl"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:s3:::acme-recordings/genesys/*"
                    ]
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings-key
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": "kms:GenerateDataKey",
                    "Condition": {
                      "StringEquals": {
                        "kms:ViaService": "s3.us-east-1.amazonaws.com"
                      }
                    },
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
                    ]
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings to GenesysDataActionRole
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings-key to GenesysDataActionRole
    5 to create, 0 to change, 0 to delete.

    After apply
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but the stated actions on the stated resources
      proved     a session can do each of the 5 stated actions on its resource
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: pending: 5 to create, 0 to change, 0 to delete; after apply every claim about the role is proved; until then: the role does not exist
    "#);
    stage.run(&["apply", "--yes"]).expect(0);
    stage.calls();
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).stdout, @"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      grants      s3-recordings `acme-recordings/genesys/`

    No changes: AWS matches the manifest.

    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but the stated actions on the stated resources
      proved     a session can do each of the 5 stated actions on its resource
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected

    Result: no changes; every claim about the role is proved
    ");
    assert!(stage.calls().iter().all(|call| !call.write), "a second apply writes nothing");
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).expect(0).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole
    0 to create, 0 to change, 5 to delete.
    5 changes made.
    Result: 5 changes made
    ");
    assert_eq!(stage.sandbox.state().accounts["123456789012"].roles, before.accounts["123456789012"].roles);
    assert_eq!(
        stage.sandbox.state().accounts["123456789012"].policies,
        before.accounts["123456789012"].policies
    );
}

/// As of functions: every kind of tampering that a role can suffer is noticed and repaired.
#[test]
fn tampering_with_a_role_without_functions_is_noticed_and_repaired() {
    let suffered = |kind: &Tamper| {
        !kind.is_in_genesys()
            && !matches!(kind, Tamper::TagRemoved | Tamper::FunctionDeleted | Tamper::PolicyVersionRolledBack)
    };
    let mut repaired = 0;
    for kind in Tamper::ALL.into_iter().filter(suffered) {
        let stage = stage(RECORDINGS);
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        if stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().is_err() {
            continue;
        }
        let drift = stage.run(&["drift"]);
        if matches!(kind, Tamper::EquivalentJson) {
            drift.expect(0);
            continue;
        }
        assert!([3, 4].contains(&drift.status), "{}: {}", kind.name(), drift.stdout);
        stage.run(&["apply", "--yes", "--level", "paper", "--remove-foreign"]).expect(0);
        stage.run(&["drift"]).expect(0);
        repaired += 1;
    }
    assert!(repaired > 8, "{repaired}");
}

#[test]
fn a_grant_beside_a_function_comes_and_goes() {
    let stage = stage(ONE_TARGET);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &manifest(&format!("{ONE_TARGET}\n{EVERYTHING}")));
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).stdout, @r#"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      grants      s3-recordings `acme-recordings/`
                  lex `arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:prod`
                  lex-v2 `arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST`
                  polly

      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": [
                      "s3:GetBucketLocation",
                      "s3:GetEncryptionConfiguration"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:s3:::acme-recordings"
                    ]
                  },
                  {
                    "Action": [
                      "s3:PutObject",
                      "s3:PutObjectAcl"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:s3:::acme-recordings/*"
                    ]
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": [
                      "lex:DeleteSession",
                      "lex:GetSession",
                      "lex:PostContent",
                      "lex:PostText",
                      "lex:PutSession"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:prod"
                    ]
                  },
                  {
                    "Action": [
                      "lex:GetBot",
                      "lex:GetBotAlias",
                      "lex:GetBotVersions"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:*"
                    ]
                  },
                  {
                    "Action": [
                      "lex:GetBotAliases",
                      "lex:GetBots"
                    ],
                    "Effect": "Allow",
                    "Resource": "*"
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex-v2
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": [
                      "lex:DeleteSession",
                      "lex:DescribeBotAlias",
                      "lex:GetSession",
                      "lex:PutSession",
                      "lex:RecognizeText",
                      "lex:RecognizeUtterance",
                      "lex:StartConversation"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST"
                    ]
                  },
                  {
                    "Action": [
                      "lex:DescribeBot",
                      "lex:DescribeBotLocale",
                      "lex:DescribeBotVersion",
                      "lex:DescribeIntent",
                      "lex:DescribeSlot",
                      "lex:DescribeSlotType",
                      "lex:ListBotAliases",
                      "lex:ListBotLocales",
                      "lex:ListBotVersions",
                      "lex:ListIntents",
                      "lex:ListSlotTypes",
                      "lex:ListSlots"
                    ],
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:lex:us-east-1:123456789012:bot/ABCDEFGHIJ"
                    ]
                  },
                  {
                    "Action": "lex:ListBots",
                    "Effect": "Allow",
                    "Resource": "*"
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-polly
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": [
                      "polly:DescribeVoices",
                      "polly:SynthesizeSpeech"
                    ],
                    "Effect": "Allow",
                    "Resource": "*"
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings to GenesysDataActionRole
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex to GenesysDataActionRole
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex-v2 to GenesysDataActionRole
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-polly to GenesysDataActionRole
      ~ update settings of GenesysDataActionRole
            {
          -   "description": "Assumed by Genesys Cloud to invoke Lambda functions."
          +   "description": "Assumed by Genesys Cloud."
            }
    8 to create, 1 to change, 0 to delete.

    9 changes made.

    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but the stated actions on the stated resources
      proved     a session can invoke the target function
      proved     a session can do each of the 36 stated actions on its resource
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      note: not examined: the policies of aliases and versions that the manifest does not name

    Result: 9 changes made; every claim about the role is proved
    "#);
    stage.run(&["drift"]).expect(0);
    stage.write("rolecall.toml", &manifest(&format!("{ONE_TARGET}\n{RECORDINGS}")));
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).expect(0).section("Role"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      grants      s3-recordings `acme-recordings/genesys/`
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings-key
            {
              "description": "Lets a role do what its grants are for. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": "kms:GenerateDataKey",
                    "Condition": {
                      "StringEquals": {
                        "kms:ViaService": "s3.us-east-1.amazonaws.com"
                      }
                    },
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
                    ]
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings-key to GenesysDataActionRole
      ~ update policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings (allows less)
            (1 statement unchanged)
            {
              "Action": [
                "s3:PutObject",
                "s3:PutObjectAcl"
              ],
              "Effect": "Allow",
              "Resource": [
          -     "arn:aws:s3:::acme-recordings/*"
          +     "arn:aws:s3:::acme-recordings/genesys/*"
              ]
            }
      - detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex from GenesysDataActionRole
      - detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex-v2 from GenesysDataActionRole
      - detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-polly from GenesysDataActionRole
      - delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex
            {
              "Statement": [
                {
                  "Action": [
                    "lex:DeleteSession",
                    "lex:GetSession",
                    "lex:PostContent",
                    "lex:PostText",
                    "lex:PutSession"
                  ],
                  "Effect": "Allow",
                  "Resource": [
                    "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:prod"
                  ]
                },
                {
                  "Action": [
                    "lex:GetBot",
                    "lex:GetBotAlias",
                    "lex:GetBotVersions"
                  ],
                  "Effect": "Allow",
                  "Resource": [
                    "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:*"
                  ]
                },
                {
                  "Action": [
                    "lex:GetBotAliases",
                    "lex:GetBots"
                  ],
                  "Effect": "Allow",
                  "Resource": "*"
                }
              ],
              "Version": "2012-10-17"
            }
      - delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-lex-v2
            {
              "Statement": [
                {
                  "Action": [
                    "lex:DeleteSession",
                    "lex:DescribeBotAlias",
                    "lex:GetSession",
                    "lex:PutSession",
                    "lex:RecognizeText",
                    "lex:RecognizeUtterance",
                    "lex:StartConversation"
                  ],
                  "Effect": "Allow",
                  "Resource": [
                    "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST"
                  ]
                },
                {
                  "Action": [
                    "lex:DescribeBot",
                    "lex:DescribeBotLocale",
                    "lex:DescribeBotVersion",
                    "lex:DescribeIntent",
                    "lex:DescribeSlot",
                    "lex:DescribeSlotType",
                    "lex:ListBotAliases",
                    "lex:ListBotLocales",
                    "lex:ListBotVersions",
                    "lex:ListIntents",
                    "lex:ListSlotTypes",
                    "lex:ListSlots"
                  ],
                  "Effect": "Allow",
                  "Resource": [
                    "arn:aws:lex:us-east-1:123456789012:bot/ABCDEFGHIJ"
                  ]
                },
                {
                  "Action": "lex:ListBots",
                  "Effect": "Allow",
                  "Resource": "*"
                }
              ],
              "Version": "2012-10-17"
            }
      - delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-polly
            {
              "Statement": [
                {
                  "Action": [
                    "polly:DescribeVoices",
                    "polly:SynthesizeSpeech"
                  ],
                  "Effect": "Allow",
                  "Resource": "*"
                }
              ],
              "Version": "2012-10-17"
            }
    2 to create, 1 to change, 6 to delete.
    9 changes made.
    Verification
    Result: 9 changes made; every claim about the role is proved
    "#);
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

#[test]
fn a_bucket_that_nobody_stated_is_a_refutation() {
    let stage = stage(RECORDINGS);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
        .sandbox
        .change(|state| {
            let policies = &mut state.accounts.get_mut("123456789012").unwrap().policies;
            for policy in policies.values_mut() {
                for version in policy.versions.values_mut() {
                    version.document = version
                        .document
                        .replace("arn:aws:s3:::acme-recordings/genesys/*", "arn:aws:s3:::acme-recordings/*");
                }
            }
        })
        .unwrap();
    insta::assert_snapshot!(stage.run(&["drift"]).expect(4).stdout, @r#"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      grants      s3-recordings `acme-recordings/genesys/`

      a session can do more than the manifest allows
        policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings (rolecall.toml:10)
        a session of the role can call `s3:PutObject` on `arn:aws:s3:::acme-recordings/other`, because statement 2 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings` allows it
            (1 statement unchanged)
            {
              "Action": [
                "s3:PutObject",
                "s3:PutObjectAcl"
              ],
              "Effect": "Allow",
              "Resource": [
          -     "arn:aws:s3:::acme-recordings/genesys/*"
          +     "arn:aws:s3:::acme-recordings/*"
              ]
            }

    1 difference; - expected by the manifest, + found.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      refuted    a session can do nothing but the stated actions on the stated resources
                 shown above
      proved     a session can do each of the 5 stated actions on its resource
      error      P3: the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings` differs from the policy that was written
                 why: the default version of a managed policy decides, and it was changed (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html)
                 fix: write the policy again and make that version the default
      error      P6 (statement 2 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: delete the statement
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Do this now
      1. rolecall apply
         rolecall writes what the manifest says

    Result: refuted: a session can do more than the manifest allows (1 difference) (exit code 4)
    "#);
    let verified = stage.run(&["verify", "--output", "markdown"]).expect(4).stdout;
    let (_, proof) = verified.split_once("### Proof").unwrap();
    insta::assert_snapshot!(proof, @r"


    | paper | AWS's analysers | live | claim | because |
    |---|---|---|---|---|
    | ✅ proved |  |  | nobody but the trusted principals can assume the role |  |
    | ✅ proved |  | ✅ confirmed | the trusted principals can assume the role only with the external ID \`5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\` |  |
    | ✅ proved |  |  | \`arn:aws:iam::765628985471:root\` can assume the role |  |
    | ✅ proved |  | ✅ confirmed | \`arn:aws:iam::123456789012:role/ci\` can assume the role |  |
    | ❌ refuted | ✅ confirmed |  | a session can do nothing but the stated actions on the stated resources | a session of the role can call \`s3:PutObject\` on \`arn:aws:s3:::acme-recordings/other\`, because statement 2 of \`arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings\` allows it |
    | ✅ proved | ✅ confirmed |  | a session can do each of the 5 stated actions on its resource |  |

    Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.

    ### Findings

    | | where | what | fix |
    |---|---|---|---|
    | error P3 |  | the policy \`arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings\` differs from the policy that was written | write the policy again and make that version the default |
    | error P6 | statement 2 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings | a session of the role can call \`s3:PutObject\` on \`arn:aws:s3:::acme-recordings/other\`, because statement 2 of \`arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-s3-recordings\` allows it | delete the statement |

    ### AWS's analysers

    | | analyser | question | answer |
    |---|---|---|---|
    | ✅ confirmed | iam:SimulatePrincipalPolicy | what the grants are for | 1 of 1 allowed |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | what the grants are for | 2 of 2 allowed |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | what the grants are for | 2 of 2 allowed |
    | ✅ confirmed | iam:SimulatePrincipalPolicy | actions that this role never needs | 9 of 9 denied |

    ### Probes

    | | probe | what it shows |
    |---|---|---|
    | ✅ confirmed | sts:AssumeRole with the correct external ID | AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role |
    | ✅ confirmed | sts:AssumeRole without an external ID | AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected |
    | ✅ confirmed | sts:AssumeRole with a wrong external ID | AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected |
    | ✅ confirmed | sts:AssumeRole with the correct external ID, different letter case | AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected |

    - no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    ### Do this now

    1. `rolecall apply` (rolecall writes what the manifest says)
    ");
    let report = stage.run(&["verify", "--output", "json"]).expect(4).json();
    assert_eq!(report["role"]["grants"], serde_json::json!(["s3-recordings `acme-recordings/genesys/`"]));
}

#[test]
fn what_is_rendered_is_what_is_written() {
    let stage = stage(&format!("{ONE_TARGET}\n{RECORDINGS}"));
    let place = ["--account", "123456789012", "--region", "us-east-1"];
    insta::assert_snapshot!(stage.run(&[&["render", "grants"][..], &place].concat()).expect(0).stdout, @r#"
    {
      "GenesysDataActionRole-s3-recordings": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Action": [
              "s3:GetBucketLocation",
              "s3:GetEncryptionConfiguration"
            ],
            "Resource": [
              "arn:aws:s3:::acme-recordings"
            ]
          },
          {
            "Effect": "Allow",
            "Action": [
              "s3:PutObject",
              "s3:PutObjectAcl"
            ],
            "Resource": [
              "arn:aws:s3:::acme-recordings/genesys/*"
            ]
          }
        ]
      },
      "GenesysDataActionRole-s3-recordings-key": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Action": "kms:GenerateDataKey",
            "Resource": [
              "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
            ],
            "Condition": {
              "StringEquals": {
                "kms:ViaService": "s3.us-east-1.amazonaws.com"
              }
            }
          }
        ]
      }
    }
    "#);
    let boundary = stage.run(&[&["render", "boundary"][..], &place].concat()).expect(0).json();
    assert_eq!(boundary["Statement"].as_array().unwrap().len(), 4, "{boundary}");
    for format in ["terraform", "cloudformation"] {
        let rendered = stage.run(&[&["render", "--format", format][..], &place].concat()).expect(0).stdout;
        for needed in ["acme-recordings/genesys/*", "kms:ViaService", "my-genesys-trigger-function"] {
            assert!(rendered.contains(needed), "{format}: {needed}\n{rendered}");
        }
    }
    let nothing = Stage::new();
    insta::assert_snapshot!(nothing.run(&["render", "grants"]).expect(2).stderr, @"
    error[E1]: the manifest does not say which account the role is in
    hint: give --account ID: the documents are rendered without contacting AWS
    ");
}

#[test]
fn a_policy_for_nothing_is_not_rendered() {
    let place = ["--account", "123456789012", "--region", "us-east-1"];
    let mut said = String::new();
    for (text, document) in [(RECORDINGS, "invoke"), (ONE_TARGET, "grants")] {
        let stage = stage(text);
        said += &stage.run(&[&["render", document][..], &place].concat()).expect(2).stderr;
    }
    insta::assert_snapshot!(said, @"
    error[E1]: there is no policy to render: the manifest has no [[target]]
    hint: a [[target]] names a function that the role is for
    error[E1]: there is no policy to render: the manifest has no [[grant]]
    hint: a [[grant]] says what else than functions the role is for
    ");
}

#[test]
fn a_boundary_of_the_manifest_allows_the_grants_too() {
    let boundary = "permissions_boundary = \"targets\"\n";
    let text = manifest(RECORDINGS)
        .replace(&format!("name = \"{ROLE}\"\n"), &format!("name = \"{ROLE}\"\n{boundary}"));
    let stage = Stage::with(&text, State::demo());
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).expect(0).section("Verification"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    5 to create, 0 to change, 0 to delete.
    5 changes made.
    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but the stated actions on the stated resources
      proved     a session can do each of the 5 stated actions on its resource
      proved     the permissions boundary allows nothing but what the role is for
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: 5 changes made; every claim about the role is proved
    ");
}

#[test]
fn the_statement_for_a_key_is_printed_and_never_written() {
    // No account and no grant is needed: no role has a part in it.
    insta::assert_snapshot!(stage(ONE_TARGET).run(&["render", "key-policy"]).whole(), @r#"
    exit 0
    -- stdout
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::765628985471:root"
      },
      "Action": [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:GenerateDataKey*",
        "kms:DescribeKey"
      ],
      "Resource": "*",
      "Condition": {
        "StringEquals": {
          "kms:EncryptionContext:genesys-cloud-organization-id": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
        }
      }
    }
    -- stderr
    hint: add the statement to the policy of the key, beside the statements that are there: a policy of this statement alone would leave nobody who can manage the key. rolecall writes no key policy
    hint: `kms:DescribeKey` stands in the statement because Genesys publishes it so; a request for it has no encryption context, so the condition never allows it
    "#);
}

#[test]
fn a_grant_that_is_missing_is_not_told_as_a_function() {
    let stage = stage(RECORDINGS);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::PolicyDetached);
    for arguments in
        [&["drift"][..], &["drift", "--output", "markdown"], &["plan"], &["verify", "--output", "html"]]
    {
        let run = stage.run(arguments);
        assert!(!run.stdout.contains("invoke every target"), "{arguments:?}: {}", run.stdout);
    }
    insta::assert_snapshot!(stage.run(&["drift"]).expect(4).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: a session can do less than the manifest asks for (1 difference) (exit code 4)
    ");
}

#[test]
fn quotas_are_told_of_what_needs_them() {
    let keys: String = (1..=11)
        .map(|index| {
            let region = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3",
                "eu-central-1", "eu-north-1", "ap-southeast-1", "ap-southeast-2"][index - 1];
            format!("[[grant]]\nkind = \"s3-recordings\"\nbucket = \"acme-{index}\"\nkms_key = \"arn:aws:kms:{region}:123456789012:key/{index}\"\n")
        })
        .collect();
    insta::assert_snapshot!(stage(&keys).run(&["plan"]).expect(1).stderr, @"
    error[E23]: 11 grants need 12 policies, the role also has foreign policies (0), and the account's quota is 10 policies for a role
    hint: have the quota raised (Service Quotas, L-0DA4ABF3: up to 25), or split the targets and grants over several roles, with one manifest for each role
    ");
    let prefix = "p".repeat(500);
    let long: String = (1..=14)
        .map(|index| {
            format!(
                "[[grant]]\nkind = \"s3-recordings\"\nbucket = \"acme-{index}\"\nprefix = \"{prefix}/\"\n"
            )
        })
        .collect();
    insta::assert_snapshot!(stage(&long).run(&["plan"]).expect(1).stderr, @"
    error[E23]: policy `GenesysDataActionRole-s3-recordings` has 7880 characters without white space, and IAM's quota is 6144
    hint: name fewer resources in [[grant]], use shorter prefixes, or split the grants over several roles, with one manifest for each role: IAM limits a managed policy to 6,144 characters
    ");
}
