//! What the holders of policies can reach, as text and JSON.

use std::fmt::Write as _;

use rolecall_prove::words::witness_value;
use serde_json::{Value, json};

use super::human::{BOLD, DIMMED, label_of};
use crate::iam::prove::ASSUMPTIONS;
use crate::verify::claim::ClaimOutcome;
use crate::verify::holder::{HolderProof, HolderProofs};

const CLAIM: &str =
    "by creating, changing and assuming roles, the holder cannot get beyond the target functions";

/// The proofs of every holder in a file.
#[derive(Clone, Copy, Debug)]
pub struct HolderProofsView<'p>(pub &'p HolderProofs);

impl HolderProofsView<'_> {
    /// A block for each holder, what is taken for granted, and how it ended.
    pub fn to_text(&self) -> String {
        let Self(HolderProofs { source, holders }) = self;
        let mut text = String::new();
        for proof in holders {
            let title =
                proof.holder.as_ref().map_or_else(|| source.clone(), |holder| format!("{holder} ({source})"));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{BOLD}{title}{BOLD:#}");
            let _ = writeln!(text, "  {}  {CLAIM}", label_of(proof.outcome()));
            for (number, step) in (1..).zip(proof.chain()) {
                let _ = writeln!(text, "             {number}. {}", step.sentence);
            }
            for reason in proof.reasons() {
                let _ = writeln!(text, "             {reason}");
            }
            for note in notes(proof) {
                let _ = writeln!(text, "  {DIMMED}note: {note}{DIMMED:#}");
            }
            text.push('\n');
        }
        let _ = writeln!(text, "{BOLD}Result: {}{BOLD:#}", word(self.0.outcome()));
        text
    }

    /// One holder as it is; several under `holders`, beside the result of all.
    pub fn to_json(&self) -> String {
        let Self(proofs) = self;
        let value = match proofs.holders.as_slice() {
            [holder] => value(holder),
            holders => {
                json!({"result": proofs.outcome(), "holders": holders.iter().map(value).collect::<Vec<_>>()})
            }
        };
        format!("{value:#}\n")
    }
}

fn value(proof: &HolderProof) -> Value {
    let mut claim = json!({"claim": CLAIM, "result": proof.outcome()});
    if let Some(members) = claim.as_object_mut() {
        if !proof.chain().is_empty() {
            let chain: Vec<Value> = proof.chain().iter().map(witness_value).collect();
            members.insert("witness".to_owned(), chain.into());
        }
        if !proof.reasons().is_empty() {
            members.insert("reasons".to_owned(), proof.reasons().into());
        }
    }
    json!({"result": proof.outcome(), "holder": proof.holder, "claims": [claim], "notes": notes(proof)})
}

/// What the claim rests on. A chain that was found rests on nothing but the policies.
fn notes(proof: &HolderProof) -> Vec<String> {
    let assumed = ASSUMPTIONS.iter().map(|assumed| format!("taken for granted: {assumed}"));
    let assumed = assumed.filter(|_| proof.outcome() == ClaimOutcome::Proved);
    proof.notes.iter().cloned().chain(assumed).collect()
}

fn word(outcome: ClaimOutcome) -> &'static str {
    match outcome {
        ClaimOutcome::Proved => "proved",
        ClaimOutcome::Refuted => "refuted",
        ClaimOutcome::Unknown => "unknown",
    }
}
