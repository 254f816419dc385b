// Serves the telegram-test-api in the folder that is named, on any free port, which is printed; ends with its input.
const TelegramServer = require(process.argv[2]);

const telegram = new TelegramServer({ host: "127.0.0.1" });
telegram.config.port = 0; // its constructor takes 0 for "none given"
telegram.start().then(() => console.log(telegram.server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
