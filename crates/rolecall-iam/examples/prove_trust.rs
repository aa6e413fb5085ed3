//! Proves who assumes a role: `cargo run -p rolecall-iam --example prove_trust -- trust.json [PRINCIPAL [EXTERNAL_ID]]`

#![allow(clippy::print_stdout, reason = "an example speaks to its reader")]

use std::error::Error;

use rolecall_iam::document::Document;
use rolecall_iam::lint::{TrustFacts, lint_trust};
use rolecall_iam::prove::{NamedDocument, Proof, RoleIntent, prove_trust};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file holds the trust policy?")?;
    let document = Document::parse_bytes(&std::fs::read(&file)?)?;
    let trusted = arguments.next().map(|principal| principal.parse()).transpose()?;
    let external_id = arguments.next().map(|id| id.parse()).transpose()?;
    let intent = RoleIntent { trusted: trusted.into_iter().collect(), external_id, ..RoleIntent::default() };
    for result in prove_trust(&document, &intent) {
        match result.result {
            Proof::Proved => println!("proved   {}", result.claim),
            Proof::Refuted(witness) => println!("refuted  {}\n         {}", result.claim, witness.sentence),
            Proof::Unknown { reasons } => {
                println!("unknown  {}\n         {}", result.claim, reasons.join("; "))
            }
        }
    }
    let policy = NamedDocument { name: &file, document: &document };
    for finding in lint_trust(&policy, &intent, &TrustFacts::default()) {
        println!("{}: {}", finding.id.as_str(), finding.message);
    }
    Ok(())
}
