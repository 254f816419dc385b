/** Send one file to the hub. `progress` is told percents. Resolves to the file as the hub describes it;
    rejects with an error whose message may be shown, empty when only the connection failed. */
export function upload(base, token, language, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const url = new URL('files', base);
    url.searchParams.set('name', file.name || 'picture.png');
    request.open('POST', url);
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.setRequestHeader('Accept-Language', language);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => progress(Math.round((100 * loaded) / total));
    request.onload = () =>
      request.status === 200 ? resolve(request.response) : reject(new Error(request.response?.text ?? ''));
    request.onerror = () => reject(new Error(''));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** A size as people read it. */
export function size(bytes, texts, language, fill) {
  const big = bytes >= 1e6;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: big ? 1 : 0 });
  const amount = number.format(big ? bytes / 1e6 : Math.max(1, bytes / 1e3));
  return fill(big ? texts.megabytes : texts.kilobytes, { size: amount });
}
