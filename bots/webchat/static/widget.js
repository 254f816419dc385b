/* The chat's only visible part for a site: <script src="https://hub/channels/NAME/widget.js" async></script>
   Options: data-lang="en|ru", data-open, data-name="what the site calls the visitor". */
(() => {
  const script = document.currentScript;
  if (!script || window.Trunkline) return;
  let chat;
  let wanted = 'open' in script.dataset ? 'quietly' : '';
  window.Trunkline = {
    open: () => (chat ? chat.open() : (wanted = 'open')),
    close: () => (chat ? chat.close() : (wanted = '')),
  };
  const base = new URL('.', script.src);
  import(new URL('widget/__VERSION__/main.js', base).href)
    .then((main) => main.start(base, { ...script.dataset }))
    .then((started) => {
      chat = started;
      if (wanted) chat?.open({ focus: wanted === 'open' });
    })
    .catch((error) => console.error('Trunkline: the chat could not be loaded.', error));
})();
