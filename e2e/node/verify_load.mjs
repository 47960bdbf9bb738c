// Verifies one signed access token again and again with jose, and says as JSON how often in a second.
import * as jose from 'jose';

const plan = JSON.parse(process.argv[2]);
const keys = jose.createLocalJWKSet(plan.keys);
const expected = { issuer: plan.issuer, audience: plan.audience, typ: 'at+jwt' };
const started = performance.now();
let verified = 0;
while (performance.now() - started < plan.seconds * 1000) {
  await jose.jwtVerify(plan.token, keys, expected);
  verified += 1;
}
console.log(JSON.stringify({ per_second: verified / ((performance.now() - started) / 1000) }));
