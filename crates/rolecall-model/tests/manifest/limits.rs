//! Every limit at both of its edges, by the parser and by the schema.

use super::schema::accepts;
use super::{FULL, LEAST, said_about};
use rolecall_model::manifest::{Manifest, Target};

/// The parser's word, after making sure that the schema says the same.
fn is_right(text: &str) -> bool {
    let parsed = Manifest::parse(text, "m");
    assert_eq!(parsed.is_ok(), accepts(text), "parser and schema differ: {parsed:?}\n{text}");
    parsed.is_ok()
}

/// The least manifest with a line more in one of its sections.
fn with(section: &str, line: &str) -> String {
    assert!(LEAST.contains(section));
    LEAST.replace(&format!("{section}\n"), &format!("{section}\n{line}\n"))
}

fn letters(count: usize) -> String {
    "a".repeat(count)
}

#[test]
fn lengths() {
    let name = |count| LEAST.replace("GenesysDataActionRole", &letters(count));
    let function = |count| LEAST.replace("order-status", &letters(count));
    let path = |count: usize| with("[role]", &format!("path = \"/{}/\"", letters(count - 2)));
    let description = |count| with("[role]", &format!("description = \"{}\"", letters(count)));
    let organization = |count| with("[genesys]", &format!("organization_id = \"{}\"", letters(count)));
    let account = |count| with("[genesys]", &format!("trusted_account = \"{}\"", "1".repeat(count)));
    let qualifier = |count| with("[[target]]", &format!("qualifier = \"{}\"", letters(count)));
    let tag_key = |count| with("[role]", &format!("tags = {{ \"{}\" = \"\" }}", letters(count)));
    let tag_value = |count| with("[role]", &format!("tags = {{ k = \"{}\" }}", letters(count)));
    let label = |count| FULL.replace("\"Get stock\"", &format!("\"{}\"", letters(count)));
    let check = |least: usize, most: usize, text: &dyn Fn(usize) -> String| {
        assert!(is_right(&text(least)) && is_right(&text(most)));
        assert!(!is_right(&text(most + 1)), "{}", text(most + 1));
        if let Some(less) = least.checked_sub(1) {
            assert!(!is_right(&text(less)), "{}", text(less));
        }
    };
    check(1, 64, &name);
    check(1, 64, &function);
    check(3, 512, &|count| if count < 3 { with("[role]", "path = \"//\"") } else { path(count) });
    check(0, 1000, &description);
    check(2, 1224, &organization);
    check(12, 12, &account);
    check(1, 128, &qualifier);
    check(1, 128, &tag_key);
    check(0, 256, &tag_value);
    check(1, 256, &label);
    assert!(is_right(&with("[role]", "path = \"/\"")));
}

#[test]
fn numbers() {
    let duration = |seconds: i64| with("[role]", &format!("max_session_duration = {seconds}"));
    let timeout =
        |seconds: i64| FULL.replace("timeout_seconds = 10", &format!("timeout_seconds = {seconds}"));
    for (text, least, most) in [(&duration as &dyn Fn(i64) -> String, 3600, 43200), (&timeout, 1, 60)] {
        assert!(is_right(&text(least)) && is_right(&text(most)));
        for wrong in [least - 1, most + 1, -least, i64::MAX, i64::MIN] {
            assert!(!is_right(&text(wrong)), "{wrong}");
        }
    }
    assert!(Manifest::parse(&duration(0).replace("= 0", "= 0xE10"), "m").is_ok(), "hexadecimal 3600");
    assert!(Manifest::parse(&duration(0).replace("= 0", "= 3_600"), "m").is_ok());
    assert!(Manifest::parse(&duration(0).replace("= 0", "= 99999999999999999999"), "m").is_err());
}

#[test]
fn tags() {
    let tags = |count: usize| {
        let tags: String = (0..count).map(|number| format!("tag{number} = \"{number}\"\n")).collect();
        LEAST.replace("\n[[target]]", &format!("[role.tags]\n{tags}\n[[target]]"))
    };
    assert!(is_right(&tags(49)));
    assert!(!is_right(&tags(50)));
    let faults = Manifest::parse(&tags(51), "m").unwrap_err().to_string();
    assert!(faults.contains("51 tags; a role has at most 50, of which rolecall sets one itself"), "{faults}");
    let right =
        |key: &str| Manifest::parse(&with("[role]", &format!("tags = {{ \"{key}\" = \"x\" }}")), "m").is_ok();
    for key in [
        "a b", "\u{e9}", "\u{4e00}", "\u{a0}", "\u{3000}", "_.:/=+-@", "xaws:", "aws", "rolecall", "\u{2460}",
    ] {
        assert!(right(key), "{key}");
    }
    for key in [
        "",
        "aws:x",
        "AWS:x",
        "rolecall:x",
        "Rolecall:Role",
        "a\\tb",
        "a\\nb",
        "a*",
        "a,b",
        "\u{85}",
        "\u{1F600}",
    ] {
        assert!(!right(key), "{key}");
    }
}

#[test]
fn characters() {
    for right in ["a_+=,.@:/-9", "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90", "--"] {
        assert!(is_right(&with("[genesys]", &format!("organization_id = \"{right}\""))), "{right}");
    }
    for wrong in ["a b", "a*", "a?", "\u{e9}\u{e9}", "a;b", "${aws:x}", "ab\\n"] {
        assert!(!is_right(&with("[genesys]", &format!("organization_id = \"{wrong}\""))), "{wrong}");
    }
    for right in ["\\t\\n\\r ~", "\u{a1}\u{ff}"] {
        assert!(is_right(&with("[role]", &format!("description = \"{right}\""))), "{right}");
    }
    for wrong in ["\u{a0}", "\u{100}", "\\u0000", "\\u007f", "\u{2014}"] {
        assert!(!is_right(&with("[role]", &format!("description = \"{wrong}\""))), "{wrong}");
    }
}

#[test]
fn functions_in_all_of_their_forms() {
    let account = "123456789012";
    for (text, shown) in [
        ("f", "f"),
        ("f:live", "f:live"),
        ("f:$LATEST", "f:$LATEST"),
        ("123456789012:function:f", "123456789012:function:f"),
        ("123456789012:function:f:7", "123456789012:function:f:7"),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
        ),
        (
            "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f:live",
            "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f:live",
        ),
    ] {
        let sovereign = "region = \"eusc-de-east-1\"\ntrusted_account = \"111122223333\"";
        let least = if text.contains("eusc") {
            LEAST.replace("region = \"us-east-1\"", sovereign)
        } else {
            LEAST.to_owned()
        };
        let (manifest, _) = super::parse(&least.replace("order-status", text));
        assert_eq!(manifest.targets[0].to_string(), shown);
        assert_eq!(
            manifest.targets[0].account.as_ref().map(|id| id.as_str()),
            text.contains(account).then_some(account)
        );
    }
    let (manifest, _) = super::parse(&with("[[target]]", "qualifier = \"live\"\nregion = \"eu-west-1\""));
    assert_eq!(manifest.targets[0].to_string(), "order-status:live in eu-west-1");
    assert_eq!(manifest.targets[0].arn(), None);
    for wrong in [
        "",
        "f*",
        "f:",
        ":f",
        "f:a:b",
        "12:function:f",
        "123456789012:layer:f",
        "arn:aws:lambda:us-east-1:123456789012:layer:f:1",
    ] {
        assert!(Manifest::parse(&LEAST.replace("order-status", wrong), "m").is_err(), "{wrong}");
    }
}

#[test]
fn an_empty_description_is_none() {
    assert_eq!(super::parse(&with("[role]", "description = \"\"")).0.role.description, None);
}

#[test]
fn a_reference_means_the_target_that_it_fits_best() {
    let targets = |targets: &[(&str, &str)]| -> Vec<Target> {
        let read = |(text, region): &(&str, &str)| {
            let target: Target = text.parse().unwrap();
            let region = if region.is_empty() { target.region } else { Some(region.parse().unwrap()) };
            Target { region, ..target }
        };
        targets.iter().map(read).collect()
    };
    let all = targets(&[
        ("orders", ""),
        ("orders", "us-east-1"),
        ("orders:live", "us-east-1"),
        ("orders:live", "eu-west-1"),
        ("stock:live", ""),
        ("stock:test", ""),
        ("111111111111:function:bill", ""),
        ("arn:aws:lambda:us-east-1:222222222222:function:bill", ""),
        ("arn:aws:lambda:eu-west-1:222222222222:function:bill", ""),
        ("arn:aws-cn:lambda:eu-west-1:222222222222:function:bill", ""),
    ]);
    for (reference, meant) in [
        ("orders", vec!["orders"]),
        ("orders:live", vec!["orders:live in us-east-1", "orders:live in eu-west-1"]),
        ("orders:test", vec![]),
        ("Orders", vec![]),
        ("stock", vec!["stock:live", "stock:test"]),
        ("stock:test", vec!["stock:test"]),
        ("111111111111:function:bill", vec!["111111111111:function:bill"]),
        ("333333333333:function:bill", vec![]),
        (
            "222222222222:function:bill",
            vec![
                "arn:aws:lambda:us-east-1:222222222222:function:bill",
                "arn:aws:lambda:eu-west-1:222222222222:function:bill",
                "arn:aws-cn:lambda:eu-west-1:222222222222:function:bill",
            ],
        ),
        (
            "arn:aws:lambda:eu-west-1:222222222222:function:bill",
            vec!["arn:aws:lambda:eu-west-1:222222222222:function:bill"],
        ),
        ("arn:aws-us-gov:lambda:eu-west-1:222222222222:function:bill", vec![]),
        ("arn:aws:lambda:eu-west-1:222222222222:function:bill:live", vec![]),
    ] {
        let found: Vec<String> =
            reference.parse::<Target>().unwrap().find_in(&all).iter().map(ToString::to_string).collect();
        assert_eq!(found, meant, "{reference}");
    }
    let without_plain = &all[1..];
    let found: Vec<String> =
        "orders".parse::<Target>().unwrap().find_in(without_plain).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["orders in us-east-1"], "the same qualifier wins, and none is one");
    let elsewhere = targets(&[("orders", "eu-west-1"), ("orders", "ap-south-1")]);
    assert_eq!(
        elsewhere[0].find_in(&all),
        [&all[3]],
        "an unstated qualifier fits any, a region must be the same"
    );
    assert!(elsewhere[1].find_in(&all).is_empty());
}

#[test]
fn what_only_differs_in_its_region_must_be_named_by_arn() {
    let second = "\n[[target]]\nfunction = \"order-status\"\nregion = \"eu-west-1\"\n";
    let action = "\n[[action]]\nname = \"a\"\ncategory = \"c\"\ninput_schema = \"i\"\noutput_schema = \"o\"\n\
                  target = \"order-status\"\n";
    let text = format!("{}{second}{action}", with("[[target]]", "region = \"us-east-1\""));
    let faults = Manifest::parse(&text, "m").unwrap_err();
    assert_eq!(
        faults.0[0].message,
        "`order-status` matches `order-status in us-east-1`, `order-status in eu-west-1`; write its ARN in \
         [[target]] and here"
    );
}

#[test]
fn only_a_uuid_as_genesys_cloud_writes_it_passes_without_a_warning() {
    let warned = |id: &str| {
        said_about(&with("[genesys]", &format!("organization_id = \"{id}\""))).contains("is not a UUID")
    };
    for right in ["5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90", "5F6B2C1E-8A4D-4C57-9D0E-3B1F6A7C2E90"] {
        assert!(!warned(right), "{right}");
    }
    for wrong in [
        "5f6b2c1e8a4d4c579d0e3b1f6a7c2e90",
        "urn:uuid:5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90",
        "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e9",
        "5f6b2c1e-8a4d-4c579-d0e-3b1f6a7c2e90",
        "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e9g",
    ] {
        assert!(warned(wrong), "{wrong}");
    }
}
