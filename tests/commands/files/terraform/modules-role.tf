variable "prefix" {}
variable "trust" {}
variable "policy_arn" {}

resource "aws_iam_role" "this" {
  count              = 1
  name_prefix        = var.prefix
  assume_role_policy = var.trust
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this[0].name
  policy_arn = var.policy_arn
}

output "role" {
  value = aws_iam_role.this[0].id
}
