# A usual stack: the role of a vendor, three functions with roles of their own, and what belongs to them.
resource "aws_iam_role" "vendor" {
  name               = "vendor"
  assume_role_policy = local.vendor
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke"
  role   = aws_iam_role.vendor.name
  policy = local.narrow
}

resource "aws_iam_role" "execution" {
  for_each           = toset(["orders", "status", "trigger"])
  name               = "execution-${each.key}"
  assume_role_policy = local.lambda
}

resource "aws_iam_role_policy" "logs" {
  for_each = aws_iam_role.execution
  name     = "logs"
  role     = each.value.name
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" }] })
}

resource "aws_lambda_function" "all" {
  for_each      = aws_iam_role.execution
  function_name = each.key
  role          = each.value.arn
  filename      = "function.zip"
  handler       = "index.handler"
  runtime       = "nodejs22.x"
}

resource "aws_lambda_permission" "events" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.all["orders"].function_name
  principal     = "events.amazonaws.com"
}

resource "aws_cloudwatch_log_group" "all" {
  for_each = aws_iam_role.execution
  name     = "/aws/lambda/${each.key}"
}

resource "aws_s3_bucket" "data" {
  bucket_prefix = "vendor-data-"
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Principal = { AWS = aws_iam_role.vendor.arn }, Resource = "${aws_s3_bucket.data.arn}/*" }] })
}

resource "aws_iam_instance_profile" "vendor" {
  role = aws_iam_role.vendor.name
}

resource "aws_ssm_parameter" "role" {
  name  = "/vendor/role"
  type  = "String"
  value = aws_iam_role.vendor.arn
}

resource "terraform_data" "note" {
  input = aws_iam_role.vendor.arn
}

output "role" {
  value = aws_iam_role.vendor.arn
}
