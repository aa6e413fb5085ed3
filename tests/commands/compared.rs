//! The six trust policies of `docs/compared.md`: what the page says of rolecall is what rolecall says.

use std::fs;
use std::path::Path;

use super::{EXTERNAL_ID, rolecall};

const POLICIES: [(&str, i32, &str); 6] = [
    ("good", 0, "nothing"),
    ("no-external-id", 4, "T1, refuted"),
    ("anyone-with-external-id", 4, "T10, refuted"),
    ("wildcard-external-id", 4, "T2, refuted"),
    ("if-exists", 4, "T3, refuted"),
    ("second-statement", 4, "T10, T8, refuted"),
];

#[test]
fn the_six_policies_are_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/compared.md")).unwrap();
    for (name, exit, said) in POLICIES {
        let path = root.join(format!("benches/compared/{name}.json"));
        let path = path.to_str().unwrap();
        let intent = ["--principal", "765628985471", "--external-id", EXTERNAL_ID];
        let run = rolecall(&[&["prove", path, "--output", "json"], &intent[..]].concat()).expect(exit);
        let proof = run.json();
        let findings =
            proof["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap());
        let mut told: Vec<&str> =
            findings.chain(proof["result"].as_str()).filter(|it| *it != "proved").collect();
        told.sort_unstable();
        let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
        assert_eq!(told, said, "{name}");
        let row = page.lines().find(|line| line.contains(&format!("| [`{name}`]"))).unwrap();
        assert_eq!(row.split('|').nth(3).unwrap().trim(), said, "{name}");
    }
}
