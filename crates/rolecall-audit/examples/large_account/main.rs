//! A large account as AWS tells it, and how long its roll call takes.
//!
//! `large_account write FILE [ROLES [KIND]]` writes such an answer of `GetAccountAuthorizationDetails`; the kinds besides the usual one
//! are in [`hostile`]. `large_account call FILE` reads it, calls the roll, and prints times and the peak of the process's memory. They
//! are two processes, so that the second holds nothing of the first. `large_account answers FILE` prints every answer, so that
//! two versions of the program can be compared to the letter.

#![allow(clippy::print_stdout, clippy::needless_pass_by_value)]

mod hostile;
mod parts;
mod usual;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Instant;

use rolecall_audit::expectation::Expectation;
use rolecall_audit::roll::{RollCall, call};
use rolecall_audit::snapshot::Snapshot;

use hostile::Work;

const EXPECTED: &str = r#"own_accounts = ["222222222222"]"#;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", file] => Ok(fs::write(file, usual::account(10_000).to_string())?),
        ["write", file, roles] => Ok(fs::write(file, usual::account(roles.parse()?).to_string())?),
        ["write", file, roles, kind] => {
            let work =
                Work::named(kind).ok_or("a kind is passing, attaching, accounts, unread or hostile")?;
            Ok(fs::write(file, hostile::account(roles.parse()?, work).to_string())?)
        }
        ["call", file] => measure(file),
        ["answers", file] => {
            let called = called(&Snapshot::read(&fs::read_to_string(file)?)?)?;
            called.answers.iter().for_each(|answer| println!("{answer:#?}"));
            println!("{:#?}", (called.unreadable, called.roles));
            Ok(())
        }
        _ => Err("write FILE [ROLES [KIND]], call FILE, or answers FILE".into()),
    }
}

fn called(snapshot: &Snapshot) -> Result<RollCall, Box<dyn Error>> {
    Ok(call(snapshot, &Expectation::read(EXPECTED)?, "2026-06-01T00:00:00Z".parse()?))
}

fn measure(file: &str) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let text = fs::read_to_string(file)?;
    let snapshot = Snapshot::read(&text)?;
    drop(text);
    let (read, after_reading) = (start.elapsed(), peak());
    let start = Instant::now();
    let called = called(&snapshot)?;
    println!("read:   {read:.2?}, peak {after_reading}");
    println!("called: {:.2?}, peak {}, processor {} s", start.elapsed(), peak(), processor());
    println!(
        "{} roles, {} answered for, {} unreadable",
        called.roles,
        called.answers.len(),
        called.unreadable.len()
    );
    for (told, count) in powers(&called) {
        println!("{count:>6} {told}");
    }
    Ok(())
}

/// How many roles there are of each kind, so that two runs can be compared.
fn powers(called: &RollCall) -> BTreeMap<String, usize> {
    let mut powers = BTreeMap::new();
    for answer in &called.answers {
        let for_services = if answer.is_for_services() { "services" } else { "outsiders" };
        let (standing, reach) = (answer.standing().as_str(), &answer.reach);
        let told =
            format!("{for_services}, {standing}: {}, {}", reach.certain.as_str(), reach.possible.as_str());
        *powers.entry(told).or_default() += 1;
    }
    powers
}

/// The most memory that the process held (proc(5), `VmHWM`); nothing where the system does not tell.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("unknown").trim().to_owned()
}

/// Seconds of processor time (proc(5), the 14th and 15th field of `stat`, at 100 ticks a second).
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok());
    f64::from(ticks.sum::<u32>()) / 100.0
}
