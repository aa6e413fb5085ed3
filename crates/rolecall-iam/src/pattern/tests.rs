//! The pattern algebra against brute force over all short strings.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Matching as the definition says it, without any cleverness.
fn defined_match(tokens: &[Token], ignore_case: bool, text: &[char]) -> bool {
    match (tokens.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((Token::Run(set), rest)), text_parts) => {
            defined_match(rest, ignore_case, text)
                || text_parts.is_some_and(|(first, behind)| {
                    set.contains(*first) && defined_match(tokens, ignore_case, behind)
                })
        }
        (Some(_), None) => false,
        (Some((Token::One(set), rest)), Some((first, behind))) => {
            set.contains(*first) && defined_match(rest, ignore_case, behind)
        }
        (Some((Token::Character(expected), rest)), Some((first, behind))) => {
            let equal = expected == first || ignore_case && expected.eq_ignore_ascii_case(first);
            equal && defined_match(rest, ignore_case, behind)
        }
    }
}

/// All strings of at most four characters over letters that the patterns use, a colon, and two that they do not use.
fn short_strings() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..4 {
        longest = longest
            .iter()
            .flat_map(|text| ['a', 'A', 'b', ':', 'x', '\u{fc}'].map(|letter| format!("{text}{letter}")))
            .collect();
        all.extend(longest.clone());
    }
    all
}

fn token() -> impl Strategy<Value = Token> {
    let set =
        prop_oneof![Just(CharacterSet::Any), Just(CharacterSet::WithinArnPart), Just(CharacterSet::Name)];
    prop_oneof![
        3 => prop_oneof![Just('a'), Just('A'), Just('b'), Just(':')].prop_map(Token::Character),
        1 => set.clone().prop_map(Token::One),
        2 => set.prop_map(Token::Run),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    (prop::collection::vec(token(), 0..4), any::<bool>()).prop_map(|(tokens, ignore_case)| {
        let pattern = Pattern::from_tokens(tokens);
        if ignore_case { pattern.ignoring_case() } else { pattern }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, ..ProptestConfig::default() })]

    #[test]
    fn matching_follows_the_definition(pattern in pattern()) {
        for text in short_strings() {
            let letters: Vec<char> = text.chars().collect();
            prop_assert_eq!(
                pattern.matches(&text),
                defined_match(pattern.tokens(), pattern.ignores_case(), &letters),
                "{:?} on {:?}", &pattern, text
            );
        }
    }

    #[test]
    fn a_language_is_empty_exactly_when_no_string_belongs_to_it(
        required in prop::collection::vec(pattern(), 0..3),
        excluded in prop::collection::vec(pattern(), 0..3),
        longest in 0_usize..5,
    ) {
        let language = Language::new().all_of(&required).none_of(&excluded).at_most(Some(longest));
        let brute = short_strings().into_iter().find(|text| language.contains(text));
        match language.example(&[], &mut Budget::default()).unwrap() {
            Some(example) => {
                prop_assert!(language.contains(&example), "{example:?}");
                let shortest = brute.map(|text| text.chars().count());
                prop_assert!(shortest.is_none_or(|shortest| shortest >= example.chars().count()));
            }
            None => prop_assert_eq!(brute, None),
        }
    }

    #[test]
    fn every_class_of_strings_has_exactly_one_example(
        within in pattern(),
        atoms in prop::collection::vec(pattern(), 0..4),
    ) {
        let signs = |text: &str| atoms.iter().map(|atom| atom.matches(text)).collect::<Vec<bool>>();
        let found = examples(&within, Some(4), &atoms, &[], &mut Budget::default()).unwrap();
        let mut missing: HashMap<Vec<bool>, String> = short_strings()
            .into_iter()
            .filter(|text| within.matches(text))
            .map(|text| (signs(&text), text))
            .collect();
        for example in &found {
            prop_assert!(within.matches(example) && example.chars().count() <= 4, "{example:?}");
            missing.remove(&signs(example));
        }
        prop_assert!(missing.is_empty(), "{missing:?} not among {found:?}");
        let distinct: HashSet<Vec<bool>> = found.iter().map(|example| signs(example)).collect();
        prop_assert_eq!(distinct.len(), found.len());
    }
}

#[test]
fn arn_wildcards_stop_at_colons_until_the_last_part() {
    let pattern = Pattern::arn_like("arn:aws:lambda:*:111122223333:function:hook*").unwrap();
    assert!(pattern.matches("arn:aws:lambda:eu-west-1:111122223333:function:hook"));
    assert!(pattern.matches("arn:aws:lambda:eu-west-1:111122223333:function:hook:prod"));
    assert!(!pattern.matches("arn:aws:lambda:a:b:111122223333:function:hook"));
    assert_eq!(Pattern::arn_like("arn:aws:lambda"), None);
    assert!(
        Pattern::like("arn:*:function:hook*").matches("arn:aws:lambda:a:b:111122223333:function:hook:prod")
    );
}

#[test]
fn examples_are_short_and_readable() {
    let example = |required: &[&Pattern], excluded: &[&Pattern]| {
        Language::new()
            .all_of(required.iter().copied())
            .none_of(excluded.iter().copied())
            .example(&[], &mut Budget::default())
            .unwrap()
            .unwrap()
    };
    let external_id = Pattern::from_tokens([
        Token::One(CharacterSet::ExternalId),
        Token::One(CharacterSet::ExternalId),
        Token::Run(CharacterSet::ExternalId),
    ]);
    assert_eq!(example(&[&external_id], &[]), "xx");
    assert_eq!(example(&[&external_id], &[&Pattern::like("x*")]), "yx");
    assert_eq!(example(&[&Pattern::like("5f6b*")], &[&Pattern::literal("5f6b")]), "5f6bx");
    assert_eq!(example(&[&Pattern::literal("ab").ignoring_case()], &[&Pattern::literal("ab")]), "AB");
}

#[test]
fn a_literal_among_thousands_is_a_class_of_its_own() {
    let arns: Vec<Pattern> = (0..3000)
        .map(|number| Pattern::literal(&format!("arn:aws:lambda:us-east-1:111122223333:function:fn{number}")))
        .collect();
    let everything = Pattern::like("*");
    let found = examples(&everything, None, &arns, &[], &mut Budget::default()).unwrap();
    assert_eq!(found.len(), 3001);
    let texts: BTreeSet<String> = found.into_iter().collect();
    let wide = Pattern::like("arn:aws:lambda:us-east-1:111122223333:function:fn*");
    let outside = Language::new()
        .all_of([&wide])
        .except([&texts])
        .example(&[], &mut Budget::default())
        .unwrap()
        .unwrap();
    assert!(wide.matches(&outside) && !texts.contains(&outside), "{outside}");
}

#[test]
fn hostile_patterns_cost_bounded_time() {
    let started = Instant::now();
    let text = "a".repeat(20_000);
    assert!(!Pattern::like(&format!("{}b", "*a".repeat(50))).matches(&text));
    assert!(!Pattern::arn_like(&format!("arn:{}b:x:y:z:q", "*a".repeat(50))).unwrap().matches(&text));
    let hostile = Pattern::like("*a*a*a*a*b");
    let ends = Pattern::like("*b");
    let rest = Language::new().all_of([&ends]).none_of([&hostile]).example(&[], &mut Budget::default());
    assert!(rest.unwrap().is_some());
    let many: Vec<Pattern> = ('a'..='z').map(|letter| Pattern::like(&format!("*{letter}*"))).collect();
    assert_eq!(examples(&Pattern::like("*"), None, &many, &[], &mut Budget::default()), Err(TooLarge));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn two_strings_are_never_one() {
    let example = |language: Language<'_>| language.example(&[], &mut Budget::new(100)).unwrap();
    assert_eq!(example(Language::new().only("a").only("a")).as_deref(), Some("a"));
    assert_eq!(example(Language::new().only("a").only("b")), None);
    assert_eq!(example(Language::new().only("a").only("b").only("b")), None);
}
