// Talks to the stand-in: sends what the person does and hears what their screen looks like.

export class Api {
  constructor(onPicture, onConnection) {
    this.person = '';
    this.onPicture = onPicture;
    this.onConnection = onConnection;
    this.socket = null;
    this.delay = 300;
  }

  be(person) {
    this.person = person;
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.close();
    }
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.socket = new WebSocket(`${scheme}://${location.host}/sim/live?person=${encodeURIComponent(person)}`);
    this.socket.onopen = () => {
      this.delay = 300;
      this.onConnection(true);
    };
    this.socket.onmessage = (event) => {
      const picture = JSON.parse(event.data);
      this.person = picture.me.username;
      this.onPicture(picture);
    };
    this.socket.onclose = () => {
      this.onConnection(false);
      setTimeout(() => this.be(this.person), this.delay);
      this.delay = Math.min(this.delay * 2, 5000);
    };
  }

  async send(intent, body = {}) {
    const response = await fetch('/sim/intent', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({person: this.person, intent, ...body}),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error || 'That did not work.');
    return answer;
  }
}
