# Serves one throw-away Redmine. Differs from the packaged file in two ways.
require '/usr/share/redmine/config/environment'
require 'json'

# Rails opens deferred transactions; two writers that upgrade at once get "database is locked" whatever the time-out.
SQLite3::Database.prepend(Module.new { def transaction(mode = :immediate, &block) = super })

# Ends the whole server, as kill -9 does, before or after it carries out the n-th write since the trap was set.
class Trap
  def initialize(app)
    @app = app
    @file = File.join(__dir__, 'trap.json')
  end

  def call(env)
    sprung = %w[PUT POST PATCH DELETE].include?(env['REQUEST_METHOD']) && sprung_moment
    die if sprung == 'before'
    answer = @app.call(env)
    die if sprung == 'after'
    answer
  end

  private

  def sprung_moment
    return unless File.exist?(@file)

    File.open(@file, 'r+') do |file|
      file.flock(File::LOCK_EX)
      trap = JSON.parse(file.read)
      trap['writes'] -= 1
      file.rewind
      file.write(JSON.generate(trap))
      file.truncate(file.pos)
      trap['writes'].zero? ? trap['moment'] : nil
    end
  end

  def die
    Process.kill(:KILL, -Process.getpgrp)
    sleep
  end
end

use Trap
run Rails.application
