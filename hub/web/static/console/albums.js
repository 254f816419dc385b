// Albums: what a client sent together comes as several messages, and is drawn as one.

/** The texts of all parts below each other, with what shows how they look. */
function caption(parts) {
  let text = "";
  const entities = [];
  for (const it of parts.filter((part) => part.text)) {
    const start = text ? Array.from(text).length + 1 : 0;
    text = text ? `${text}\n${it.text}` : it.text;
    entities.push(...it.entities.map((each) => ({ ...each, start: each.start + start })));
  }
  return { text, entities };
}

/** One message that stands for all parts of an album; what is done to it is done to the one with the caption. */
function merged(parts) {
  const lead = parts.find((it) => it.text) ?? parts[0];
  const reactions = Object.assign({}, ...parts.map((it) => it.reactions), lead.reactions);
  return { ...lead, ...caption(parts), reactions, attachments: parts.flatMap((it) => it.attachments), parts: parts.map((it) => it.id) };
}

/** A deleted part stands for itself, so that one sees that it is gone. */
const albumOf = (message) => message.album && !message.deleted_at && `${message.author.kind} ${message.author.id} ${message.album}`;

/** The messages as they are drawn: an album, whose parts others may have come between, stands where its first part does. */
export function gathered(messages) {
  const albums = Map.groupBy(messages.filter(albumOf), albumOf);
  return messages.flatMap((it) => {
    const parts = albums.get(albumOf(it)) ?? [it];
    if (parts[0] !== it) return [];
    return [parts.length > 1 ? merged(parts) : it];
  });
}
