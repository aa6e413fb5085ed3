# What is known only after apply: who is trusted by the first role, what the second may invoke, who gets a policy.
resource "aws_iam_role" "caller" {
  name               = "caller"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "765628985471" }, Condition = { StringEquals = { "sts:ExternalId" = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94" } } }] })
}

resource "aws_iam_role" "called" {
  name               = "called"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_role.caller.arn } }] })
}

resource "aws_lambda_function" "trigger" {
  function_name = "my-genesys-trigger-function"
  role          = aws_iam_role.called.arn
  filename      = "function.zip"
  handler       = "index.handler"
  runtime       = "nodejs22.x"
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke"
  role   = aws_iam_role.caller.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.trigger.arn }] })
}

resource "aws_iam_policy" "each" {
  for_each = toset(["a", "b"])
  name     = each.key
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "each" {
  for_each   = aws_iam_policy.each
  role       = aws_iam_role.called.name
  policy_arn = each.value.arn
}
