//! `rolecall explain`: every code says what it is about, and shows it.

use std::fs;
use std::path::Path;

use rolecall::catalogue::{self, Example, Kind};

use crate::scenarios::stage::{ONE_TARGET, Stage, manifest};

const PAGE: &str = "docs/codes.md";

/// Run with `UPDATE_CODES=1` to write the page anew.
#[test]
fn the_page_of_codes_is_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("UPDATE_CODES").is_some() {
        fs::write(&path, catalogue::page()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), catalogue::page(), "run this test with UPDATE_CODES=1");
}

#[test]
fn every_code_is_there_once_and_says_what_to_do() {
    let all = catalogue::all();
    for (index, entry) in all.iter().enumerate() {
        let later = all.iter().skip(index + 1);
        assert!({ later }.all(|other| other.code != entry.code), "{}", entry.code);
        assert!(!entry.why.is_empty() && !entry.remedy.is_empty(), "{}", entry.code);
        for sentence in [entry.why, entry.remedy] {
            assert!(!sentence.ends_with('.'), "{}: the view ends the sentence: {sentence}", entry.code);
        }
        assert_eq!(catalogue::find(&entry.code.to_lowercase()).as_ref(), Some(entry));
    }
}

/// What a user who tries the example sees: the difference of that code.
#[test]
fn every_example_of_a_change_by_hand_shows_its_code() {
    let text = manifest(&format!(
        "[genesys.integration]\n\n{ONE_TARGET}\n[[action]]\nname = \"Get order\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
         input_schema = \"in.json\"\noutput_schema = \"out.json\"\n"
    ));
    let schema = r#"{"type":"object","properties":{"order":{"type":"string"}}}"#;
    for entry in catalogue::all() {
        let (Kind::Drift(_), Some(Example::Tamper(name))) = (entry.kind, entry.example) else { continue };
        let stage = Stage::with(&text, rolecall::sandbox::State::demo());
        stage.write("in.json", schema);
        stage.write("out.json", schema);
        stage.run(&["apply", "--sandbox", "--yes", "--level", "paper"]).expect(0);
        stage.run(&["sandbox", "tamper", name]).expect(0);
        let drift = stage.run(&["drift", "--sandbox", "--output", "json"]).json();
        let found = drift["drift"].as_array().unwrap();
        let wanted = entry.name.unwrap();
        assert!(found.iter().any(|it| it["consequence"] == wanted), "{name} leads to {wanted}: {found:#?}");
    }
}

/// What a user who tries the example reads: the error of that code, in text and in JSON.
#[test]
fn every_example_of_a_command_ends_with_its_code() {
    let stage = Stage::new();
    for entry in catalogue::all() {
        let (Kind::Error(code), Some(Example::Command(command))) = (entry.kind, entry.example) else {
            continue;
        };
        // Standard input of every run is empty.
        let words: Vec<&str> = command.split(' ').skip(1).filter(|word| !word.starts_with('<')).collect();
        let run = stage.run(&words);
        assert!(run.status != 0 && run.stderr.starts_with(&format!("error[{code}]: ")), "{}", run.whole());
    }
}

#[test]
fn an_error_is_explained() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["explain", "e17", "E38"]).whole(), @"
    exit 0
    -- stdout
    E17: AWS denied a call

    Why it happens: the caller lacks the permission that the message names, or a policy denies it.
    What to do: give the caller the permission; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies.

    More: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

    E38: the role does not exist

    Why it happens: the account has no role of that name; nobody can assume it, and nothing about it can be verified.
    What to do: `rolecall plan` shows what is missing, and `rolecall apply` creates it; if another tool makes the role, run that tool.
    ");
    let json = stage.run(&["explain", "E38", "--output", "json"]).expect(0).json();
    insta::assert_snapshot!(format!("{json:#}"), @r#"
    [
      {
        "code": "E38",
        "title": "the role does not exist",
        "why": "the account has no role of that name; nobody can assume it, and nothing about it can be verified",
        "remedy": "`rolecall plan` shows what is missing, and `rolecall apply` creates it; if another tool makes the role, run that tool"
      }
    ]
    "#);
}

#[test]
fn an_unknown_finding_leads_to_the_catalogue() {
    let run = Stage::new().run(&["apply", "--sandbox", "--allow-findings", "T99"]);
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E1]: invalid value 'T99' for '--allow-findings <ID>': not the ID of a finding (expected an ID such as `T3`); `rolecall explain` lists them, and docs/codes.md shows what each means

    For more information, try '--help'.
    ");
}

#[test]
fn a_code_is_explained() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["explain", "t3", "D4"]).whole(), @r#"
    exit 0
    -- stdout
    T3 (error): the external ID is checked only if one is passed

    Why it matters: with `IfExists`, a caller satisfies the condition by leaving the ID out.
    What to do: remove `IfExists` from the operator: `StringEquals` requires that an ID is passed.
    The finding names the edit of its document, which follows from the external ID, in a statement that is for accounts alone.

    Example, with this finding:
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "AWS": "arn:aws:iam::765628985471:root"
          },
          "Action": "sts:AssumeRole",
          "Condition": {
            "StringEqualsIfExists": {
              "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
            }
          }
        }
      ]
    }

    More: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

    D4 (warning): the effect of this difference could not be decided

    Why it matters: a document contains something that the proof does not understand, or a credential was changed right after rolecall wrote it and Genesys Cloud does not show what is in it: nobody has shown that it is harmless.
    What to do: read the reason that the report gives; `rolecall apply` writes the document of the manifest, and `rolecall genesys connect --rewrite-credential` the credential.
    Exit code: 5 (inconclusive: something could not be decided).
    "#);
    insta::assert_snapshot!(stage.run(&["explain", "T99"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: `T99` is not a code of rolecall
    hint: `rolecall explain` lists all codes
    ");
    let all = stage.run(&["explain", "--output", "json"]).expect(0).json();
    assert_eq!(all.as_array().unwrap().len(), catalogue::all().len());
}
