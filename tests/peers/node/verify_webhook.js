// Checks signed webhooks with Stripe's library, whose scheme Robase's is: a header t=...,v1=... and the
// 5-minute rule. Each line of input is {body, header, secret, at} (the body in base64, `at` in seconds: when
// it arrived); each line of output is "ok" or why it is refused.
const readline = require("readline");
const Stripe = require("stripe");

const { webhooks } = new Stripe("unused");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const { body, header, secret, at } = JSON.parse(line);
    try {
        webhooks.constructEvent(Buffer.from(body, "base64"), header, secret, 300, undefined, at * 1000);
        console.log("ok");
    } catch (error) {
        console.log(error.message.split("\n")[0]);
    }
});
