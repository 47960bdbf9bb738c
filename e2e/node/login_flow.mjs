// One person in one browser: a wrong password first, then the right one, then the decision.
import { chromium } from 'playwright-core';

const wanted = JSON.parse(process.argv[2]);
const browser = await chromium.launch({ executablePath: wanted.chromium, args: ['--no-sandbox'] });
const seen = { complaints: [], overflow: [] };
try {
  const context = await browser.newContext({ colorScheme: wanted.scheme, viewport: { width: 900, height: 700 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('console', (message) => {
    // The refused password is an answer of 401 or 403, which the console reports as an error of the page.
    const expected = /status of 40[13]/.test(message.text());
    if (message.type() === 'error' && !expected) seen.complaints.push(message.text());
  });

  const look = async (name) => {
    seen[name] = await page.locator('main').innerText();
    const file = `${wanted.screens}/${wanted.decision}-${wanted.scheme}-${name}`;
    await page.screenshot({ path: `${file}.png` });
    await page.setViewportSize({ width: 360, height: 640 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 360) seen.overflow.push(`${name}: ${width}`);
    await page.screenshot({ path: `${file}-phone.png` });
    await page.setViewportSize({ width: 900, height: 700 });
  };
  const signIn = async (password) => {
    await page.getByLabel('User name or email').fill(wanted.name);
    await page.getByLabel('Password').fill(password);
    await page.getByLabel('Password').press('Enter');
  };

  await page.goto(wanted.login);
  await look('sign_in');
  await signIn('certainly wrong');
  await page.getByRole('alert').waitFor();
  await look('refused');
  await signIn(wanted.password);
  const button = wanted.decision === 'grant' ? 'Grant access' : 'Cancel';
  await page.getByRole('button', { name: button }).waitFor();
  await look('grant');
  await page.getByRole('button', { name: button }).click();
  await page.getByText('You can close this window').waitFor();
  await look('end');
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(seen));
