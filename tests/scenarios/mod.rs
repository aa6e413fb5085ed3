//! Scenarios: the real binary against the embedded AWS, over the wire, with faults.

mod account;
mod advice;
mod analysers;
mod answers;
mod bad_input;
mod beginning;
mod begun_from_handover;
mod boundary;
mod canaries;
mod codes;
mod concurrency;
mod cut_short;
mod describe_role;
mod doctor;
mod drift;
#[cfg(unix)]
mod environment;
mod exit_codes;
mod explain;
mod explain_error;
mod explain_known;
mod faults;
mod findings;
mod first_minutes;
mod fleet;
mod foreign;
mod functions;
mod gate;
mod gate_before;
mod genesys;
mod handover;
mod handover_pages;
mod hostile;
mod identity;
#[path = "../chaos/judge.rs"]
#[allow(dead_code, reason = "the harness of `just chaos` uses more of it")]
mod judge;
mod life;
mod limits;
mod lookup;
mod managed_by;
mod many_targets;
mod missing;
mod notify;
mod one_side;
mod options;
mod organization;
mod permissions;
mod piped;
mod provisioner;
mod recorded;
mod saved_plan;
mod signals;
pub(crate) mod stage;
mod tampered_handover;
mod targets;
#[cfg(unix)]
mod terminal;
mod terraform_functions;
mod trail;
mod transcript;
mod trust;
mod twin;
mod twin_policy;
mod twin_trouble;
mod unknown;
pub(crate) mod views;
