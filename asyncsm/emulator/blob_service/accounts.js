// Loaded into Azurite before it starts. It takes its accounts from a variable, which it reads again once a
// minute; each line of JSON here sets that variable, and has it read at once. The end of the lines ends Azurite.
const { createInterface } = require("node:readline");

const MINUTE = 60000;
const readAgain = [];
const setIntervalAsItIs = global.setInterval;

global.setInterval = (work, every, ...rest) => {
  if (every === MINUTE) readAgain.push(work);
  return setIntervalAsItIs(work, every, ...rest);
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    process.env.AZURITE_ACCOUNTS = JSON.parse(line);
    readAgain.forEach((work) => work());
    process.stdout.write("accounts are known\n");
  })
  .on("close", () => process.exit(0));
