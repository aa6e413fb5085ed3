//! What the function answers, publishes and tells CloudFormation.

mod access;
mod actions;
mod audit;
mod custom_resources;
mod direct;
mod events;
mod life;
mod others;
mod publish;
mod services;
mod settings;
mod stack;
mod stage;
mod stored;
mod unread;
