//! `rolecall-lambda` under AWS's own runtime client, with a runtime API and an AWS on loopback.

mod custom_resources;
mod direct;
mod stage;
