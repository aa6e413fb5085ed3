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

#[test]
fn a_code_is_explained() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["explain", "t3", "D4"]).whole(), @r#"
    exit 0
    -- stdout
    T3 (error): the external ID is checked only if one is passed

    Why it matters: with `IfExists`, a caller satisfies the condition by leaving the ID out.
    What to do: remove `IfExists` from the operator: `StringEquals` requires that an ID is passed.

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

    Why it matters: the document contains something that the proof does not understand, so nobody has shown that it is harmless.
    What to do: read the reason that the report gives; `rolecall apply` writes the document of the manifest.
    Exit code: 5 (inconclusive: something could not be decided).
    "#);
    insta::assert_snapshot!(stage.run(&["explain", "T99"]).whole(), @"
    exit 2
    -- stderr
    error: `T99` is not a code of rolecall
    hint: `rolecall explain` lists all codes
    ");
    let all = stage.run(&["explain", "--output", "json"]).expect(0).json();
    assert_eq!(all.as_array().unwrap().len(), catalogue::all().len());
}
